"""Neighbourhood composition: which kinds of cells lie around each cell of a tissue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from scrcl_geo._features.parts import join, unit_variance
from scrcl_geo._neighbors.smoothing import smooth

_FORMS: tuple[Callable[[np.ndarray], np.ndarray], ...] = (np.asarray, np.sqrt)


def compositions(
    blocks: Sequence[np.ndarray],
    adjacency: sparse.csr_matrix,
    *,
    n_types: int,
    reaches: Sequence[int],
    n_components: int,
    seed: int,
) -> np.ndarray:
    """Principal components of the composition of each cell's neighbourhood: shares, then their roots.

    Cells are sorted into types by spherical k-means, once per block of features; the composition of a cell
    is the share of each type among the cells around it, weighted by ``reach`` steps of smoothing. Shares are
    led by the common types; their square roots (Hellinger) give rare ones a voice.

    Shapes: ``blocks`` (N, width) each, ``adjacency`` (N, N) → (N, 2 · reaches · n_components) float32, each
    form and reach of total variance 1. O(largest reach · E · types).
    """
    n_types = max(2, min(n_types, len(blocks[0]) // 10))
    sortings = [types_of(block, n_types, seed * len(blocks) + i) for i, block in enumerate(blocks)]
    projected = []
    for form in _FORMS:
        for reach in reaches:
            parts = [form(shares(types, adjacency, reach, n_types)) for types in sortings]
            projected.append(_components(parts, n_components))
    return np.concatenate(projected, axis=1)


def shares(types: np.ndarray, adjacency: Any, reach: int, n_types: int) -> np.ndarray:
    """Share of each type around each cell, (N, n_types) with rows of sum 1, from types (N,)."""
    share = smooth(np.eye(n_types, dtype=np.float32)[types], adjacency, reach)
    return share / np.maximum(share.sum(axis=1, keepdims=True), 1e-12)


def _components(parts: list[np.ndarray], n_components: int) -> np.ndarray:
    """Components (N, C) of parts put side by side with equal weight."""
    from sklearn.decomposition import PCA

    together = join(*parts)
    pca = PCA(min(n_components, *together.shape), svd_solver="covariance_eigh")
    with np.errstate(invalid="ignore"):  # its shares of variance, where no cell differs
        return unit_variance(pca.fit_transform(together))


def types_of(block: np.ndarray, n_types: int, seed: int) -> np.ndarray:
    """Type of each cell (N,) by spherical k-means."""
    from sklearn.cluster import KMeans

    directions = block / np.maximum(np.linalg.norm(block, axis=1, keepdims=True), 1e-9)
    return KMeans(n_types, n_init=1, max_iter=50, random_state=seed).fit(directions).labels_
