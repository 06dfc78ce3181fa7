"""How strongly genes belong to cells and clusters, with an exact null: pure functions on arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse, stats


class ClusterAssociations(NamedTuple):
    """Per gene and cluster, (G, K) each: association, its z-score and one-sided p-value."""

    association: np.ndarray
    score: np.ndarray
    pvalue: np.ndarray


def gene_embedding(expression: sparse.csr_matrix, cells: np.ndarray) -> np.ndarray:
    r"""Where a gene's expression lies among the cells: :math:`e_g = \sum_i w_{ig} z_i - \bar z`.

    The cell → gene message of the bipartite refinement, with :math:`w_{ig} = x_{ig} / \sum_i x_{ig}`: a
    gene is what the cells that express it are. Unexpressed genes are zero.

    Shapes: ``expression`` (N, G) ≥ 0, ``cells`` (N, D) → (G, D) float32.
    """
    totals = _column_sums(expression)
    sums = expression.T @ cells.astype(np.float64)  # (G, D)
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
) -> ClusterAssociations:
    r"""Association of each gene with each cluster, against a permutation null in closed form.

    With :math:`t_{ic} = z_i \cdot (\bar z_c - \bar z)`, the association is
    :math:`s_{gc} = \sum_i w_{ig} t_{ic} - \bar t_c`, which is the mean over the cluster's cells of
    :func:`cell_associations`. When the cells of a gene are permuted, s has mean 0 and variance
    :math:`\sum_i (w_{ig} - 1/N)^2 \sum_i (t_{ic} - \bar t_c)^2 / (N - 1)`, exactly; its distribution tends to
    the normal (Hoeffding 1951), which gives the p-value.

    Shapes: ``expression`` (N, G) ≥ 0, ``cells`` (N, D), ``labels`` (N,) in 0 … n_clusters - 1 → (G, K) each.
    O(nnz K + N D K).
    """
    n_cells = expression.shape[0]
    onehot = sparse.csr_matrix((np.ones(n_cells), (labels, np.arange(n_cells))), (n_clusters, n_cells))
    cells = cells - cells.mean(axis=0, dtype=np.float64)
    sizes = np.maximum(_column_sums(onehot.T), 1)
    centers = (onehot @ cells) / sizes[:, None]  # (K, D)
    affinity = cells @ centers.T  # (N, K), column means are 0
    totals = np.maximum(_column_sums(expression), np.finfo(float).tiny)
    association = (expression.T @ affinity) / totals[:, None]  # (G, K)

    squares = _column_sums(expression.multiply(expression)) / totals**2
    spread = np.maximum(squares - 1 / n_cells, 0)  # (G,) Σ (w − 1/N)²
    variance = spread[:, None] * (affinity**2).sum(axis=0) / max(n_cells - 1, 1)
    deviation = np.sqrt(variance)
    score = np.divide(association, deviation, out=np.zeros_like(association), where=deviation > 0)
    return ClusterAssociations(association, score, stats.norm.sf(score))


def _column_sums(matrix: sparse.spmatrix) -> np.ndarray:
    return np.asarray(matrix.sum(axis=0, dtype=np.float64)).reshape(-1)
