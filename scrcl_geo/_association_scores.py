"""How strongly genes belong to cells and clusters, with an exact null: pure functions on arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import sparse, stats


class MarkerScores(NamedTuple):
    """Per gene and cluster, (G, K) each: rank-sum score, and one-sided p-value of the exact null variance."""

    score: np.ndarray
    pvalue: np.ndarray


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


def memberships(cells: np.ndarray, labels: np.ndarray, n_clusters: int) -> np.ndarray:
    r"""How much each cell belongs to each cluster, by its place in the embedding; rows of sum 1.

    :math:`p_{ic} \propto n_c \exp(-\lVert z_i - \bar z_c \rVert^2 / 2 \sigma^2)`, with σ² the mean squared
    distance to the own centre per effective dimension, :math:`(\sum \lambda)^2 / \sum \lambda^2` of the
    covariance's eigenvalues λ. Cells between two clusters count for both.

    Shapes: ``cells`` (N, D), ``labels`` (N,) → (N, K). O(N D (D + K)).
    """
    mean = cells.mean(axis=0, dtype=np.float64)
    centers = _centers(cells, labels, n_clusters) - mean
    squared = np.empty((len(cells), n_clusters))
    covariance = np.zeros((cells.shape[1], cells.shape[1]))
    for rows in _blocks(len(cells)):
        x = cells[rows] - mean
        squared[rows] = (x**2).sum(axis=1)[:, None] - 2 * x @ centers.T + (centers**2).sum(axis=1)
        covariance += x.T @ x
    dimensions = np.trace(covariance) ** 2 / max((covariance**2).sum(), np.finfo(float).tiny)
    variance = squared[np.arange(len(labels)), labels].mean() / max(dimensions, 1.0)
    sizes = np.maximum(np.bincount(labels, minlength=n_clusters), 1)
    logits = np.log(sizes) - squared / (2 * max(variance, 1e-12 * squared.max(), np.finfo(float).tiny))
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def marker_scores(expression: sparse.csr_matrix, belongs: np.ndarray) -> MarkerScores:
    r"""Wilcoxon's rank sum with memberships in place of a group: :math:`\sum_i r_{ig} p_{ic}`, standardised.

    With memberships of 0 and 1 this is the rank-sum test. When the cells of a gene are permuted, the sum has
    variance :math:`\sum_i (r_{ig} - \bar r_g)^2 \sum_i (p_{ic} - \bar p_c)^2 / (N - 1)`, exactly and with
    ties, and tends to the normal (Hoeffding 1951), which gives the p-value. The score divides by the variance
    of ranks without ties instead, one for all genes, so that it orders genes by the size of the effect: a
    gene that few cells express differs little however surely.

    Shapes: ``expression`` (N, G) ≥ 0, ``belongs`` (N, K) → (G, K) each. O(nnz (K + log N)).
    """
    n_cells, n_genes = expression.shape
    belongs = belongs - belongs.mean(axis=0)
    spread = (belongs**2).sum(axis=0) / max(n_cells - 1, 1)  # (K,)
    tied, found = np.empty(n_genes), np.empty((n_genes, belongs.shape[1]))
    by_gene = expression.tocsc()
    for genes in _blocks(n_genes, 100):
        ranks = _ranks(by_gene[:, genes])
        mean = _column_sums(ranks) / n_cells
        tied[genes] = np.maximum(_column_sums(ranks.power(2)) - n_cells * mean**2, 0)  # Σ (r − r̄)²
        found[genes] = ranks.T @ belongs
    untied = n_cells * (n_cells**2 - 1) / 12

    def over(deviation: np.ndarray) -> np.ndarray:
        return np.divide(found, deviation, out=np.zeros_like(found), where=deviation > 0)

    exact = over(np.sqrt(tied[:, None] * spread))
    return MarkerScores(over(np.broadcast_to(np.sqrt(untied * spread), found.shape)), stats.norm.sf(exact))


def _ranks(expression: sparse.csc_matrix) -> sparse.csc_matrix:
    """Rank of each cell within a gene, ties averaged, less the rank of the cells that do not express it."""
    ranks = sparse.csc_matrix(expression, dtype=np.float64, copy=True)
    ranks.eliminate_zeros()
    for gene in range(ranks.shape[1]):
        start, stop = ranks.indptr[gene], ranks.indptr[gene + 1]
        silent = ranks.shape[0] - (stop - start)
        ranks.data[start:stop] = stats.rankdata(ranks.data[start:stop]) + (silent - 1) / 2
    return ranks


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
