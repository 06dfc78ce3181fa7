"""How strongly genes belong to cells and clusters, by where both lie."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse


def gene_embedding(expression: sparse.csr_matrix, cells: np.ndarray) -> np.ndarray:
    r"""Where a gene's expression lies among the cells: :math:`e_g = \sum_i w_{ig} z_i - \bar z`.

    The cell → gene message of the bipartite refinement, with :math:`w_{ig} = x_{ig} / \sum_i x_{ig}`: a
    gene is what the cells that express it are. Unexpressed genes are zero.

    Shapes: ``expression`` (N, G) ≥ 0, ``cells`` (N, D) → (G, D) float32.
    """
    totals = _column_sums(expression)
    sums = np.zeros((expression.shape[1], cells.shape[1]))
    for rows in _blocks(len(cells)):
        sums += expression[rows].T @ cells[rows].astype(np.float64)
    mean = np.divide(sums, totals[:, None], out=np.zeros_like(sums), where=totals[:, None] > 0)
    mean[totals > 0] -= cells.mean(axis=0, dtype=np.float64)
    return mean.astype(np.float32)


def cell_associations(
    expression: sparse.csr_matrix, cells: np.ndarray, genes: np.ndarray
) -> sparse.csr_matrix:
    r"""Association :math:`(z_i - \bar z) \cdot e_g` of each cell with each gene it expresses.

    Shapes: ``expression`` (N, G), ``cells`` (N, D), ``genes`` (G, D) → (N, G) float32 CSR with the stored
    entries of ``expression``. O(nnz D) time, memory in row chunks.
    """
    centered = cells - cells.mean(axis=0, dtype=np.float64).astype(np.float32)
    data = np.empty(expression.nnz, np.float32)
    for start in range(0, expression.shape[0], 1024):
        stop = min(start + 1024, expression.shape[0])
        low, high = expression.indptr[start], expression.indptr[stop]
        rows = np.repeat(np.arange(start, stop), np.diff(expression.indptr[start : stop + 1]))
        cols = expression.indices[low:high]
        scores = centered[start:stop] @ genes.T  # (≤ 1024, G)
        data[low:high] = scores[rows - start, cols]
    return sparse.csr_matrix((data, expression.indices, expression.indptr), expression.shape)


def cluster_associations(
    expression: sparse.csr_matrix, cells: np.ndarray, labels: np.ndarray, n_clusters: int
) -> np.ndarray:
    r"""Association of each gene with each cluster: the mean over its cells of :func:`cell_associations`.

    :math:`s_{gc} = \sum_i w_{ig} (z_i - \bar z) \cdot (\bar z_c - \bar z)` with w as in
    :func:`gene_embedding`.

    Shapes: ``expression`` (N, G) ≥ 0, ``cells`` (N, D), ``labels`` (N,) in 0 … n_clusters - 1 → (G, K).
    O(nnz K + N D K).
    """
    mean = cells.mean(axis=0, dtype=np.float64)
    centers = _centers(cells, labels, n_clusters) - mean
    affinity = np.empty((len(cells), n_clusters))  # column means are 0
    for rows in _blocks(len(cells)):
        affinity[rows] = (cells[rows] - mean) @ centers.T
    totals = np.maximum(_column_sums(expression), np.finfo(float).tiny)
    return (expression.T @ affinity) / totals[:, None]


def _centers(cells: np.ndarray, labels: np.ndarray, n_clusters: int) -> np.ndarray:
    """Mean of each cluster's cells, (K, D); zero for a cluster without any."""
    sums = np.zeros((n_clusters, cells.shape[1]))
    for rows in _blocks(len(cells)):
        here = labels[rows]
        ones = (np.ones(len(here)), (here, np.arange(len(here))))
        sums += sparse.csr_matrix(ones, (n_clusters, len(here))) @ cells[rows].astype(np.float64)
    return sums / np.maximum(np.bincount(labels, minlength=n_clusters), 1)[:, None]


def _blocks(n: int, step: int = 65_536) -> Iterator[slice]:
    """Slices that keep what is computed in float64 small."""
    for start in range(0, n, step):
        yield slice(start, start + step)


def _column_sums(matrix: sparse.spmatrix) -> np.ndarray:
    return np.asarray(matrix.sum(axis=0, dtype=np.float64)).reshape(-1)
