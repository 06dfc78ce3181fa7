"""What the network reads: principal components of several transforms of the same cells, side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo._features.expression import Expression, read_expression
from scrcl_geo._features.projection import TRANSFORMS, Projection, fit_projection
from scrcl_geo._schema.result import stored

_ARRAYS = ("mean", "scale", "components", "center")


@dataclass(frozen=True, eq=False)
class InputMap:
    """Projections under several transforms, each scaled to unit total variance, put side by side.

    No transform is best for all data, and blocks of equal variance let the data speak through the one that
    separates it.
    """

    projections: tuple[Projection, ...]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, InputMap) or len(self.projections) != len(other.projections):
            return False
        pairs = zip(self.projections, other.projections, strict=True)
        return all(np.array_equal(a.components, b.components) for a, b in pairs)

    __hash__ = None  # type: ignore[assignment]

    def apply(self, adata: Any) -> np.ndarray:
        """Features (N, F) float32 of the cells of an AnnData, as ``pp.select_genes`` left it."""
        return self.of_expression(read_expression(adata))

    def of_expression(self, expression: Expression) -> np.ndarray:
        """Features (N, F) float32 of cells."""
        width = sum(p.components.shape[1] for p in self.projections)
        features = np.empty((len(expression.totals), width), np.float32)
        stop = 0
        for projection in self.projections:
            start, stop = stop, stop + projection.components.shape[1]
            matrix, _ = expression.transformed(projection.transform)
            projection.apply(matrix, expression.totals, out=features[:, start:stop])
        return features

    def columns(self) -> list[slice]:
        """Where the features of each transform are."""
        stops = np.cumsum([0, *(p.components.shape[1] for p in self.projections)]).tolist()
        return [slice(start, stop) for start, stop in pairwise(stops)]

    def blocks(self, features: np.ndarray) -> list[np.ndarray]:
        """The columns of features (N, F) by transform."""
        return [features[:, columns] for columns in self.columns()]

    def to_dict(self) -> dict[str, Any]:
        """As strings, numbers and arrays, for ``uns`` and saved models."""
        return {
            p.transform: {"limit": p.limit, **{name: getattr(p, name) for name in _ARRAYS}}
            for p in self.projections
        }

    @classmethod
    def from_dict(cls, entries: dict[str, Any]) -> InputMap:
        """What :meth:`to_dict` wrote."""
        return cls(
            tuple(
                Projection(
                    transform,
                    **{name: entries[transform][name] for name in _ARRAYS},
                    limit=float(entries[transform]["limit"]),
                )
                for transform in _in_order(entries)
            )
        )

    @classmethod
    def of(cls, adata: Any) -> InputMap:
        """The map that ``pp.pca`` left in an AnnData."""
        remedy = "run sg.pp.graph(adata) first"
        return cls.from_dict(stored(adata, "uns", _keys.INPUTS, do=remedy))


def fit_inputs(
    adata: Any, transforms: tuple[str, ...], n_components: int, *, seed: int = 0
) -> tuple[InputMap, np.ndarray]:
    """The projections and the features (N, F) of the cells.

    Transforms that do not fit the kind of values fall back and are not repeated.
    """
    expression = read_expression(adata)
    projections: dict[str, Projection] = {}
    for transform in _in_order(transforms):
        matrix, effective = expression.transformed(transform)
        if effective not in projections:
            projections[effective] = fit_projection(
                matrix, expression.totals, effective, n_components, seed=seed
            )
    inputs = InputMap(tuple(projections.values()))
    if not any(p.components.any() for p in inputs.projections):
        found = f"{len(expression.totals)} cells that do not differ in any gene in use"
        raise _validate.fail("there is nothing to tell apart", found, "check the file or name a layer")
    return inputs, inputs.of_expression(expression)


def _in_order(transforms: Iterable[str]) -> list[str]:
    """One order of the blocks whatever order they come in: a file sorts them by name."""
    return sorted(transforms, key=TRANSFORMS.index)
