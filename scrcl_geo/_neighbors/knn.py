"""Nearest neighbours as scanpy-style sparse matrices."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from scrcl_geo import _validate
from scrcl_geo._neighbors.backends import exact, inverted_file
from scrcl_geo._neighbors.on_device import nearest_on

EXACT_UP_TO = 20_000
CPU = "cpu"
_METRICS = ("cosine", "euclidean")


def knn_distances(
    x: np.ndarray | sparse.csr_matrix,
    n_neighbors: int,
    *,
    metric: str = "euclidean",
    seed: int = 0,
    device: str = CPU,
) -> sparse.csr_matrix:
    """Distances to the nearest other rows: exact up to 20,000 rows and on a GPU, else by inverted lists.

    Shapes: ``x`` (N, F), also CSR for Euclidean distances up to 20,000 rows → (N, N) float32 CSR with
    ``n_neighbors`` stored entries per row (fewer where there are fewer rows). O(N²) time up to 20,000 rows,
    about O(N √N) beyond; O(N) memory.
    """
    _validate.one_of("metric", metric, _METRICS)
    n_rows = x.shape[0]
    n_neighbors = min(n_neighbors, n_rows - 1)
    if n_neighbors < 1:  # a single row has no neighbour
        return sparse.csr_matrix((n_rows, n_rows), dtype=np.float32)
    if metric == "cosine":  # half the squared distance of unit rows
        x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    if device != CPU:
        index, distance = nearest_on(device, x, n_neighbors)
    elif n_rows <= EXACT_UP_TO:
        index, distance = exact(x, n_neighbors, seed)
    else:
        index, distance = inverted_file(x, n_neighbors, seed)
    if metric == "cosine":
        distance = distance**2 / 2
    indptr = np.arange(0, index.size + 1, index.shape[1])
    # neighbours at distance 0 are edges too: the structure keeps them as stored zeros
    return sparse.csr_matrix(
        (distance.astype(np.float32).reshape(-1), index.reshape(-1), indptr), (n_rows, n_rows)
    )


def distances_in_space(coordinates: np.ndarray, slides: np.ndarray, n_neighbors: int) -> sparse.csr_matrix:
    """Distances to the nearest other cells of the same slide.

    The same as squidpy's, whose import takes longer than all of its work here.

    Shapes: ``coordinates`` (N, 2 or more), ``slides`` (N,) whole numbers 0 … S - 1, of more than
    ``n_neighbors`` cells each → (N, N) float32 CSR with ``n_neighbors`` stored entries per row. O(N log N).
    """
    from sklearn.neighbors import NearestNeighbors

    index = np.empty((len(slides), n_neighbors), np.int64)
    distance = np.empty((len(slides), n_neighbors), np.float32)
    for slide in range(int(slides.max()) + 1):
        members = np.flatnonzero(slides == slide)
        searcher = NearestNeighbors(n_neighbors=n_neighbors).fit(coordinates[members])
        distance[members], found = searcher.kneighbors()  # a row is not its own neighbour
        index[members] = members[found]
    indptr = np.arange(0, index.size + 1, n_neighbors)
    shape = (len(slides), len(slides))
    return sparse.csr_matrix((distance.reshape(-1), index.reshape(-1), indptr), shape)


def connectivities(distances: sparse.csr_matrix, *, directed: bool = False) -> sparse.csr_matrix:
    """0/1 graph of all stored neighbour pairs, float32 CSR, a row per target.

    Symmetric, or from each row of ``distances`` to its neighbours alone.
    """
    pattern = sparse.csr_matrix(
        (np.ones(distances.nnz, np.float32), distances.indices, distances.indptr), distances.shape
    )
    return (pattern.T if directed else pattern.maximum(pattern.T)).tocsr()
