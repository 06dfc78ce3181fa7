"""Neighbourhood composition: which kinds of cells lie around each cell of a tissue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from scrcl_geo._blocks import smooth


@dataclass(frozen=True)
class CompositionMap:
    """From features and a spatial graph to principal components of the neighbourhood composition.

    Cells are sorted into types by spherical k-means, once per block of the features; the composition of a
    cell is the share of each type among the cells around it, weighted by ``n_hops`` steps of smoothing.

    Shapes: ``blocks`` the widths of the blocks of the features, ``centers`` (types, width) per block,
    ``scales`` one per block, ``components`` (all types, F), ``center`` (F,).
    """

    n_hops: int
    centers: tuple[np.ndarray, ...]
    scales: np.ndarray
    components: np.ndarray
    center: np.ndarray

    def apply(self, blocks: list[np.ndarray], adjacency: sparse.csr_matrix) -> np.ndarray:
        """Components (N, F) float32 of the cells with these feature blocks and spatial neighbours."""
        shares = _shares(blocks, self.centers, adjacency, self.n_hops)
        together = np.concatenate([s * w for s, w in zip(shares, self.scales, strict=True)], axis=1)
        return (together @ self.components - self.center).astype(np.float32)


def fit_composition(
    blocks: list[np.ndarray],
    adjacency: sparse.csr_matrix,
    *,
    n_types: int,
    n_hops: int,
    n_components: int,
    seed: int,
) -> CompositionMap:
    """Types, their shares around each cell, and the principal components of these.

    Shapes: ``blocks`` of (N, width) each, ``adjacency`` (N, N). O(N types · blocks · n_hops · neighbours).
    """
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA

    n_types = max(2, min(n_types, len(blocks[0]) // 10))
    centers = tuple(
        KMeans(n_types, n_init=1, max_iter=50, random_state=seed * len(blocks) + number)
        .fit(_unit(block))
        .cluster_centers_
        for number, block in enumerate(blocks)
    )
    shares = _shares(blocks, centers, adjacency, n_hops)
    scales = np.array([1 / np.sqrt(max(s.var(axis=0).sum(), 1e-12)) for s in shares])
    together = np.concatenate([s * w for s, w in zip(shares, scales, strict=True)], axis=1)
    n_components = min(n_components, *together.shape)
    pca = PCA(n_components, svd_solver="covariance_eigh").fit(together)
    components = pca.components_.T / np.sqrt(max(pca.explained_variance_.sum(), 1e-12))
    return CompositionMap(n_hops, centers, scales, components, pca.mean_ @ components)


def _shares(
    blocks: list[np.ndarray], centers: tuple[np.ndarray, ...], adjacency: Any, n_hops: int
) -> list[np.ndarray]:
    """Per block, the smoothed share of each type around each cell, (N, types) with rows of sum 1."""
    found = []
    for block, center in zip(blocks, centers, strict=True):
        distance = (center**2).sum(axis=1) - 2 * _unit(block) @ center.T  # up to a constant per cell
        share = np.eye(len(center), dtype=np.float32)[distance.argmin(axis=1)]
        share = smooth(share, adjacency, n_hops)
        found.append(share / np.maximum(share.sum(axis=1, keepdims=True), 1e-12))
    return found


def _unit(x: np.ndarray) -> np.ndarray:
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)
