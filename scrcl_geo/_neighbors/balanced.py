"""Neighbours from every batch in equal number, so that a graph crosses samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from scipy import sparse

from scrcl_geo._neighbors.backends import Neighbors, exact_in_single, inverted_file
from scrcl_geo._neighbors.knn import CPU, EXACT_UP_TO, connectivities
from scrcl_geo._neighbors.on_device import nearest_on


def balanced_distances(
    x: np.ndarray,
    batch: np.ndarray,
    n_neighbors: int,
    *,
    metric: str = "cosine",
    device: str = CPU,
    of: Sequence[int] | None = None,
) -> sparse.csr_matrix:
    """Distances to the nearest rows of each batch, ``n_neighbors`` in all, shared evenly.

    Where neighbours are searched over all rows, a shift between batches leaves every row among its own.
    Source: the idea of batch-balanced neighbours (Polański et al., Bioinformatics 2020).

    Shapes: ``x`` (N, F), ``batch`` (N,) whole numbers 0 … B - 1 → (N, N) float32 CSR with ``n_neighbors``
    stored entries per row, at least one per batch; a batch with fewer rows gives all it has. Rows of other
    batches than those ``of`` which neighbours are asked, by default all, have none.
    """
    n_batches = int(batch.max()) + 1
    x = np.ascontiguousarray(x, dtype=np.float32)
    if metric == "cosine":
        x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    members = [np.flatnonzero(batch == b) for b in range(n_batches)]
    rows, columns, values = [], [], []
    for own in range(n_batches) if of is None else of:
        for other in range(n_batches):
            # what does not divide evenly goes to the row's own batch and those after it
            share = n_neighbors // n_batches + ((other - own) % n_batches < n_neighbors % n_batches)
            index, distance = _search(
                x[members[other]],
                x[members[own]],
                max(1, share),
                itself=own == other,
                metric=metric,
                device=device,
            )
            rows.append(np.repeat(members[own], index.shape[1]))
            columns.append(members[other][index.reshape(-1)])
            values.append(distance.reshape(-1))
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.coo_matrix(entries, (len(x), len(x)), dtype=np.float32).tocsr()


def mutual_neighbors(x: np.ndarray, batch: np.ndarray, n_neighbors: int) -> sparse.csr_matrix:
    """Pairs of rows of different batches that are each among the other's nearest: symmetric 0/1.

    Shapes: ``x`` (N, F), ``batch`` (N,) → (N, N) float32 CSR; ``n_neighbors`` as in
    :func:`balanced_distances`.
    """
    nearest = balanced_distances(x, batch, n_neighbors, metric="euclidean").tocoo()
    across = batch[nearest.row] != batch[nearest.col]
    ones = np.ones(np.count_nonzero(across), np.float32)
    pairs = sparse.csr_matrix((ones, (nearest.row[across], nearest.col[across])), nearest.shape)
    return pairs.minimum(pairs.T).tocsr()


def joint_graph(
    reference: np.ndarray, among: sparse.csr_matrix, new: np.ndarray, n_neighbors: int
) -> sparse.csr_matrix:
    """Symmetric 0/1 graph of reference and new cells: a new cell has half its neighbours in each.

    Edges among the reference are those that it has without the new cells, a stored entry each.

    Shapes: ``reference`` (M, F), ``among`` (M, M), ``new`` (N, F) → (M + N, M + N).
    """
    m, n = len(reference), len(new)
    batch = np.repeat([0, 1], [m, n])
    found = balanced_distances(np.concatenate([reference, new]), batch, n_neighbors, of=[1]).tocoo()
    known = among.tocoo()
    rows, columns = np.concatenate([known.row, found.row]), np.concatenate([known.col, found.col])
    ones = np.ones(len(rows), np.float32)
    return connectivities(sparse.csr_matrix((ones, (rows, columns)), (m + n, m + n)))


def _search(
    data: np.ndarray, queries: np.ndarray, n_neighbors: int, *, itself: bool, metric: str, device: str
) -> tuple[np.ndarray, np.ndarray]:
    """Nearest rows of ``data``: positions and distances, (n, k) each; without the row itself where asked."""
    n_neighbors = min(n_neighbors, len(data) - itself)
    if n_neighbors < 1:
        return np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0))
    search: Callable[..., Neighbors] = inverted_file if len(data) > EXACT_UP_TO else exact_in_single
    if device != CPU:
        search = partial(nearest_on, device)
    index, distance = search(data, n_neighbors, queries=None if itself else queries)
    return index, distance**2 / 2 if metric == "cosine" else distance
