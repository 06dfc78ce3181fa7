"""What the network reads: principal components of several transforms of the same cells, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scrcl_geo import _expression, _keys, _validate
from scrcl_geo._projection import Projection, fit_projection

_ARRAYS = ("mean", "scale", "components", "center")


@dataclass(frozen=True)
class InputMap:
    """Projections under several transforms, each scaled to unit total variance, put side by side.

    No transform is best for all data, and blocks of equal variance let the data speak through the one that
    separates it.
    """

    projections: tuple[Projection, ...]

    def apply(self, adata: Any) -> np.ndarray:
        """Features (N, F) float32 of the cells of an AnnData, as ``pp.select_genes`` left it."""
        totals = _expression.stored_library_size(adata)
        blocks = []
        for projection in self.projections:
            matrix, _ = _expression.transform_input(adata, projection.transform)
            blocks.append(projection.apply(matrix, totals))
        return np.concatenate(blocks, axis=1)

    def to_dict(self) -> dict[str, Any]:
        """As strings, numbers and arrays, for ``uns`` and saved models."""
        return {
            p.transform: {"limit": p.limit, **{name: getattr(p, name) for name in _ARRAYS}}
            for p in self.projections
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> InputMap:
        """What :meth:`to_dict` wrote."""
        return cls(
            tuple(
                Projection(transform, **{name: entry[name] for name in _ARRAYS}, limit=float(entry["limit"]))
                for transform, entry in stored.items()
            )
        )

    @classmethod
    def of(cls, adata: Any) -> InputMap:
        """The map that ``pp.pca`` left in an AnnData."""
        remedy = "run sg.pp.graph(adata) first"
        return cls.from_dict(_validate.key(adata.uns, _keys.INPUTS, slot="uns", do=remedy))


def fit_inputs(adata: Any, transforms: tuple[str, ...], n_components: int) -> InputMap:
    """Fit the projections; transforms that do not fit the kind of values fall back and are not repeated."""
    totals = _expression.stored_library_size(adata)
    found: dict[str, Projection] = {}
    for transform in transforms:
        matrix, effective = _expression.transform_input(adata, transform)
        if effective not in found:
            found[effective] = fit_projection(matrix, totals, effective, n_components)
    return InputMap(tuple(found.values()))
