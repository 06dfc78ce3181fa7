"""Neighbourhood composition: which kinds of cells lie around each cell of a tissue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from scipy import sparse

from scrcl_geo._features.parts import join, unit_variance
from scrcl_geo._neighbors.smoothing import smooth

_FORMS: tuple[Callable[[np.ndarray], np.ndarray], ...] = (np.asarray, np.sqrt)


@dataclass(frozen=True)
class CompositionMap:
    """From features and a spatial graph to components of composition, for new tissue too.

    Shapes: ``centers`` one (T, width) per block of features, ``weights`` and ``offset`` one (Σ T, C) and
    (C,) per form and reach, with shares as the first form and their roots as the second.
    """

    centers: tuple[np.ndarray, ...]
    weights: tuple[np.ndarray, ...]
    offset: tuple[np.ndarray, ...]
    reaches: tuple[int, ...]

    def apply(self, blocks: Sequence[np.ndarray], adjacency: sparse.csr_matrix) -> np.ndarray:
        """Components (N, C · forms · reaches) float32 of cells with features ``blocks`` (N, width) each."""
        types = [_nearest(block, center) for block, center in zip(blocks, self.centers, strict=True)]
        sizes = [len(center) for center in self.centers]
        around = {
            reach: [shares(t, adjacency, reach, n) for t, n in zip(types, sizes, strict=True)]
            for reach in self.reaches
        }
        together = [
            np.concatenate([form(s) for s in around[reach]], axis=1)
            for form, reach in product(_FORMS, self.reaches)
        ]
        components = [x @ w - b for x, w, b in zip(together, self.weights, self.offset, strict=True)]
        return np.concatenate(components, axis=1).astype(np.float32)

    def to_dict(self) -> dict[str, Any]:
        """As arrays under string keys, for ``uns`` and saved models."""
        arrays: dict[str, Any] = {"reaches": np.array(self.reaches)}
        for name in ("centers", "weights", "offset"):
            arrays |= {f"{name}_{i}": array for i, array in enumerate(getattr(self, name))}
        return arrays

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> CompositionMap:
        """What :meth:`to_dict` wrote."""
        reaches = tuple(int(reach) for reach in stored["reaches"])
        n_blocks = sum(name.startswith("centers_") for name in stored)
        numbers = {"centers": n_blocks, "weights": 2 * len(reaches), "offset": 2 * len(reaches)}
        arrays = {name: tuple(stored[f"{name}_{i}"] for i in range(n)) for name, n in numbers.items()}
        return cls(**arrays, reaches=reaches)


def compositions(
    blocks: Sequence[np.ndarray],
    adjacency: sparse.csr_matrix,
    *,
    n_types: int,
    reaches: Sequence[int],
    n_components: int,
    seed: int,
) -> tuple[np.ndarray, CompositionMap]:
    """Principal components of the composition of each cell's neighbourhood: shares, then their roots.

    Cells are sorted into types by spherical k-means, once per block of features; the composition of a cell
    is the share of each type among the cells around it, weighted by ``reach`` steps of smoothing. Shares are
    led by the common types; their square roots (Hellinger) give rare ones a voice.

    Shapes: ``blocks`` (N, width) each, ``adjacency`` (N, N) → (N, 2 · reaches · n_components) float32, each
    form and reach of total variance 1, and the map that does the same to new cells.
    O(largest reach · E · types).
    """
    n_types = max(2, min(n_types, len(blocks[0]) // 10))
    sortings = [types_of(block, n_types, seed * len(blocks) + i) for i, block in enumerate(blocks)]
    projected, weights, offset = [], [], []
    for form in _FORMS:
        for reach in reaches:
            parts = [form(shares(types, adjacency, reach, n_types)) for types, _ in sortings]
            components, weight, shift = _components(parts, n_components)
            projected.append(components)
            weights.append(weight)
            offset.append(shift)
    centers = tuple(center for _, center in sortings)
    return np.concatenate(projected, axis=1), CompositionMap(
        centers, tuple(weights), tuple(offset), tuple(reaches)
    )


def shares(types: np.ndarray, adjacency: Any, reach: int, n_types: int) -> np.ndarray:
    """Share of each type around each cell, (N, n_types) with rows of sum 1, from types (N,)."""
    share = smooth(np.eye(n_types, dtype=np.float32)[types], adjacency, reach)
    return share / np.maximum(share.sum(axis=1, keepdims=True), 1e-12)


def _components(parts: list[np.ndarray], n_components: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Components (N, C) of parts put side by side with equal weight, and the linear map that gives them."""
    from sklearn.decomposition import PCA

    together = join(*parts)
    pca = PCA(min(n_components, *together.shape), svd_solver="covariance_eigh")
    with np.errstate(invalid="ignore"):  # its shares of variance, where no cell differs
        components = unit_variance(pca.fit_transform(together))
    raw = np.concatenate(parts, axis=1)
    spread = np.concatenate([np.full(p.shape[1], np.sqrt(p.var(axis=0).sum() or 1.0)) for p in parts])
    weight = (pca.components_ / spread).T  # (Σ T, C)
    before = raw @ weight
    weight = weight / np.sqrt(before.var(axis=0).sum() or 1.0)
    return components, weight.astype(np.float32), (raw.mean(axis=0) @ weight).astype(np.float32)


def types_of(block: np.ndarray, n_types: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Type of each cell (N,) by spherical k-means and the centre of each type (n_types, width)."""
    from sklearn.cluster import KMeans

    model = KMeans(n_types, n_init=1, max_iter=50, random_state=seed).fit(_directions(block))
    return model.labels_, model.cluster_centers_


def _nearest(block: np.ndarray, centers: np.ndarray) -> np.ndarray:
    from sklearn.metrics import pairwise_distances_argmin

    return pairwise_distances_argmin(_directions(block), centers.astype(block.dtype))


def _directions(block: np.ndarray) -> np.ndarray:
    return block / np.maximum(np.linalg.norm(block, axis=1, keepdims=True), 1e-9)
