"""Neighbourhood composition: which kinds of cells lie around each cell of a tissue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from scrcl_geo._blocks import join, smooth, unit_variance


def compositions(
    blocks: Sequence[np.ndarray],
    adjacency: sparse.csr_matrix,
    *,
    n_types: int,
    reaches: Sequence[int],
    n_components: int,
    seed: int,
) -> list[np.ndarray]:
    """Principal components of the composition of each cell's neighbourhood: shares, then their roots.

    Cells are sorted into types by spherical k-means, once per block of features; the composition of a cell
    is the share of each type among the cells around it, weighted by ``reach`` steps of smoothing. Shares are
    led by the common types; their square roots (Hellinger) give rare ones a voice. Per form, one array per
    reach.

    Shapes: ``blocks`` (N, width) each, ``adjacency`` (N, N) → (N, n_components) float32 of total variance 1.
    O(largest reach · E · types).
    """
    from sklearn.decomposition import PCA

    n_types = max(2, min(n_types, len(blocks[0]) // 10))
    types = [_types(block, n_types, seed * len(blocks) + i) for i, block in enumerate(blocks)]
    found = []
    for form in (np.asarray, np.sqrt):
        for reach in reaches:
            together = join(*(form(shares(t, adjacency, reach)) for t in types))
            pca = PCA(min(n_components, *together.shape), svd_solver="covariance_eigh")
            with np.errstate(invalid="ignore"):  # its shares of variance, where no cell differs
                found.append(unit_variance(pca.fit_transform(together)))
    return found


def shares(types: np.ndarray, adjacency: Any, reach: int) -> np.ndarray:
    """Share of each type around each cell, (N, types) with rows of sum 1, from types (N,)."""
    share = smooth(np.eye(types.max() + 1, dtype=np.float32)[types], adjacency, reach)
    return share / np.maximum(share.sum(axis=1, keepdims=True), 1e-12)


def _types(block: np.ndarray, n_types: int, seed: int) -> np.ndarray:
    from sklearn.cluster import KMeans

    directions = block / np.maximum(np.linalg.norm(block, axis=1, keepdims=True), 1e-9)
    return KMeans(n_types, n_init=1, max_iter=50, random_state=seed).fit_predict(directions)
