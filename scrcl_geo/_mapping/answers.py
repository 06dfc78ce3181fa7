"""What mapping says of each cell and of each sample, gathered as it is found."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from scrcl_geo._version import __version__

if TYPE_CHECKING:
    from scrcl_geo._mapping.novelty import Novelty
    from scrcl_geo._mapping.reference import Reference

logger = logging.getLogger(__name__)

_AT_ONCE = 100_000  # cells, so that what is on the way takes no memory
_UNLIKE = 2  # times as far from training cells as from each other; slides of one kind stay below 1.2


class Positions(Protocol):
    """Positions of cells: an array, or what gives parts of one."""

    def __len__(self) -> int: ...
    def __getitem__(self, at: slice, /) -> np.ndarray: ...


class Answers:
    """Clusters, confidence and novelty of ``n_cells`` new cells."""

    def __init__(self, reference: Reference, n_cells: int) -> None:
        self._reference = reference
        self._cluster = np.zeros(n_cells, np.min_scalar_type(-len(reference.clusters)))
        self._confidence = np.zeros(n_cells, np.float32)
        self._novelty = np.zeros(n_cells, np.float32)
        self._unknown = np.zeros(n_cells, bool)
        self._samples: list[tuple[str, float]] = []

    def clusters(self, cells: np.ndarray, embedding: np.ndarray) -> None:
        """Of some cells, at positions ``cells`` (n,), with ``embedding`` (n, D)."""
        probability = self._reference.classifier.probabilities(embedding)
        self._cluster[cells] = probability.argmax(axis=1)
        self._confidence[cells] = probability.max(axis=1)

    def sample(self, name: str, cells: Positions, novelty: Novelty) -> None:
        """Novelty of all cells of a sample, whose clusters are there: what is unlike is less sure."""
        unlike = novelty.of_sample > _UNLIKE
        for start in range(0, len(cells), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            own, of_cells = cells[part], novelty.of_cells[part]
            self._novelty[own], self._unknown[own] = of_cells, unlike | (of_cells > 1)
            self._confidence[own] /= np.maximum(of_cells, novelty.of_sample if unlike else 1)
        if unlike:
            logger.warning(
                "%s is unlike the training cells, %.1f times as far from them as from itself; doubt clusters",
                f"sample {name!r}" if name else "the sample",
                novelty.of_sample,
            )
        self._samples.append((name, novelty.of_sample))

    def columns(self, key: str) -> dict[str, Any]:
        """Columns of obs, named after ``key``."""
        return {
            key: pd.Categorical.from_codes(self._cluster, self._reference.clusters, ordered=True),
            f"{key}_confidence": self._confidence,
            f"{key}_novelty": self._novelty,
            f"{key}_unknown": self._unknown,
        }

    def summary(self, present: np.ndarray, seed: int) -> dict[str, Any]:
        """What ``uns["scrcl_map"]`` says, with the genes ``present`` (n_used,)."""
        samples = pd.DataFrame(self._samples, columns=["sample", "distance"])
        samples["unlike"] = samples["distance"] > _UNLIKE
        n_unknown = int(self._unknown.sum())
        logger.info("mapped %d cells, %d of them unlike the training cells", len(self._unknown), n_unknown)
        return {
            "n_genes": len(present),
            "missing": np.array(self._reference.genes.names)[self._reference.genes.used][~present],
            "n_unknown": n_unknown,
            "samples": samples,
            "seed": seed,
            "version": __version__,
        }
