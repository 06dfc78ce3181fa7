"""Nearest neighbours as scanpy-style sparse matrices."""

from __future__ import annotations

import numpy as np
from scipy import sparse

_EXACT_UP_TO = 20_000


def knn_distances(
    x: np.ndarray, n_neighbors: int, *, metric: str = "euclidean", seed: int = 0
) -> sparse.csr_matrix:
    """Distances to the nearest other rows, exact up to 20,000 rows, by pynndescent beyond.

    Shapes: ``x`` (N, F) → (N, N) float32 CSR with ``n_neighbors`` stored entries per row (fewer where
    there are fewer rows).
    """
    n_rows = len(x)
    n_neighbors = min(n_neighbors, n_rows - 1)
    cosine = metric == "cosine"
    if cosine:  # half the squared distance of unit rows; scikit-learn's own form makes an N × N array
        x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), np.finfo(np.float32).tiny)
        metric = "euclidean"
    if n_rows <= _EXACT_UP_TO:
        from sklearn import config_context
        from sklearn.neighbors import NearestNeighbors

        searcher = NearestNeighbors(n_neighbors=n_neighbors, metric=metric, algorithm="brute")
        with config_context(working_memory=64):  # MB, for metrics without a fused kernel
            distance, index = searcher.fit(x).kneighbors()  # a row is not its own neighbour
    else:
        from pynndescent import NNDescent

        found = NNDescent(x, metric=metric, n_neighbors=n_neighbors + 1, random_state=seed)
        index, distance = _without_itself(*found.neighbor_graph)
    if cosine:
        distance = distance**2 / 2
    indptr = np.arange(0, index.size + 1, index.shape[1])
    # neighbours at distance 0 are edges too: the structure keeps them as stored zeros
    return sparse.csr_matrix(
        (distance.astype(np.float32).reshape(-1), index.reshape(-1), indptr), (n_rows, n_rows)
    )


def connectivities(distances: sparse.csr_matrix) -> sparse.csr_matrix:
    """Symmetric 0/1 graph of all stored neighbour pairs, float32 CSR."""
    pattern = sparse.csr_matrix(
        (np.ones(distances.nnz, np.float32), distances.indices, distances.indptr), distances.shape
    )
    return pattern.maximum(pattern.T).tocsr()


def _without_itself(index: np.ndarray, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Drop each row from its own neighbours, or the farthest where it is not among them."""
    itself = index == np.arange(len(index))[:, None]
    itself[~itself.any(axis=1), -1] = True
    shape = (len(index), index.shape[1] - 1)
    return index[~itself].reshape(shape), distance[~itself].reshape(shape)
