"""Principal components of transformed expression, streamed: dense only one chunk of rows at a time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from scrcl_geo import _keys, _validate
from scrcl_geo._features.rows import chunks, column_sums
from scrcl_geo._features.values import SAMPLE

LOG, ZSCORE, PEARSON = TRANSFORMS = _keys.TRANSFORMS
_THETA = 100.0  # overdispersion of the null model of Lause et al.
_ZSCORE_LIMIT = 10.0
_ROUNDING = 1e-5  # difference of single-precision numbers that says nothing, beside their size
_LARGE = 1000  # genes from which on Lanczos takes a third of the time of a direct solver
_TINY = float(np.finfo(np.float32).tiny)

Rows = Callable[[Any, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Projection:
    """A linear map from transformed expression to principal components, with all it needs for new cells.

    Shapes: ``mean``, ``scale`` (G,), ``components`` (G, F), ``center`` (F,).
    For Pearson residuals, ``mean`` is each gene's share of all counts and ``limit`` the clipping bound.
    ``components`` are scaled so that the training cells have unit total variance.
    """

    transform: str
    mean: np.ndarray
    scale: np.ndarray
    limit: float
    components: np.ndarray
    center: np.ndarray

    def apply(self, matrix: Any, totals: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Components (N, F) float32 of log expression, or of counts for Pearson residuals.

        Shapes: ``matrix`` (N, G) dense or CSR, ``totals`` (N,) counts per cell over all genes; ``out`` (N, F)
        takes the result where it is given.
        """
        transformed = _transformer(self.transform, self.mean, self.scale, self.limit)
        out = np.empty((len(totals), len(self.center)), np.float32) if out is None else out
        for rows, part in chunks(matrix, progress=f"project {self.transform}"):
            out[rows] = transformed(part, totals[rows]) @ self.components - self.center
        return out


def fit_projection(
    matrix: Any, totals: np.ndarray, transform: str, n_components: int, *, seed: int = 0
) -> Projection:
    """Principal components of an (N, G) matrix under a transform, scaled to unit total variance; of cells
    that are all alike, nothing.

    ``log`` takes log expression as it is; ``zscore`` scales each gene to unit variance and clips at 10
    standard deviations; ``pearson`` turns counts into analytic Pearson residuals (Lause, Berens & Kobak,
    Genome Biology 2021) with θ = 100, clipped at √N.

    The (G, G) covariance is accumulated over row chunks of at most 50,000 random cells:
    O(min(N, 50,000) G²) time, O(G²) memory.
    """
    _validate.one_of("transform", transform, TRANSFORMS)
    n_cells, n_genes = matrix.shape
    n_components = max(1, min(n_components, n_cells - 1, n_genes))
    if transform == PEARSON:
        mean, scale, limit = gene_shares(matrix, totals), np.ones(n_genes), float(np.sqrt(n_cells))
    else:
        mean, scale = _mean_and_deviation(matrix)
        limit = _ZSCORE_LIMIT if transform == ZSCORE else np.inf
    transformed = _transformer(transform, mean, scale, limit)
    if n_cells > SAMPLE:
        chosen = np.sort(np.random.default_rng(seed).permutation(n_cells)[:SAMPLE])
        matrix, totals = matrix[chosen], totals[chosen]

    total = np.zeros(n_genes)
    second = np.zeros((n_genes, n_genes))
    low, high = np.full(n_genes, np.inf), np.full(n_genes, -np.inf)
    for rows, part in chunks(matrix, progress=f"components {transform}"):
        dense = transformed(part, totals[rows])
        low, high = np.minimum(low, dense.min(axis=0)), np.maximum(high, dense.max(axis=0))
        total += dense.sum(axis=0, dtype=np.float64)
        second += linalg.blas.ssyrk(1.0, dense.T)  # the upper triangle of denseᵀ dense
    average = total / len(totals)
    covariance = second / len(totals) - np.outer(average, average)
    values, vectors = _leading(covariance, n_components)
    # an eigenvector's sign is arbitrary: the largest loading is made positive
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), range(n_components)])
    vectors = vectors / np.sqrt(max(values.sum(), _TINY))
    if (high - low <= _ROUNDING * np.maximum(np.abs(low), np.abs(high))).all():
        vectors[:] = 0  # scaled up, rounding would look like components
    return Projection(transform, mean, scale, limit, vectors.astype(np.float32), average @ vectors)


def _leading(covariance: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The n largest eigenvalues, falling, and their vectors in columns; reads the upper triangle alone."""
    size = len(covariance)
    if size >= max(_LARGE, 10 * n) and covariance.any():
        upper = np.asfortranarray(covariance)
        product = LinearOperator(
            (size, size), matvec=lambda x: linalg.blas.dsymv(1.0, upper, x), dtype=upper.dtype
        )
        with suppress(ArpackNoConvergence):
            values, vectors = eigsh(product, n, v0=np.ones(size))
            return values[::-1], vectors[:, ::-1]
    values, vectors = linalg.eigh(covariance, lower=False, subset_by_index=(size - n, size - 1))
    return values[::-1], vectors[:, ::-1]


def residual_variance(matrix: Any, totals: np.ndarray) -> np.ndarray:
    """Variance of each gene's Pearson residuals, (G,): how much more it varies than counting explains."""
    n_cells, n_genes = matrix.shape
    residuals = _transformer(PEARSON, gene_shares(matrix, totals), np.ones(n_genes), float(np.sqrt(n_cells)))
    total, second = np.zeros(n_genes), np.zeros(n_genes)
    for rows, part in chunks(matrix):
        dense = residuals(part, totals[rows])
        total += dense.sum(axis=0, dtype=np.float64)
        second += np.square(dense).sum(axis=0, dtype=np.float64)
    return second / n_cells - (total / n_cells) ** 2


def gene_shares(matrix: Any, totals: np.ndarray) -> np.ndarray:
    """Share of each gene in all counts, (G,)."""
    return column_sums(matrix) / max(totals.sum(), _TINY)


def _transformer(transform: str, mean: np.ndarray, scale: np.ndarray, limit: float) -> Rows:
    """Function from rows (n, G) and their totals (n,) to dense transformed rows, float32."""
    mean32, scale32 = mean.astype(np.float32), scale.astype(np.float32)

    def pearson(rows: Any, totals: np.ndarray) -> np.ndarray:
        expected = totals.astype(np.float32)[:, None] * mean32  # (n, G)
        residual = _dense(rows) - expected
        residual /= np.sqrt(expected + expected**2 / _THETA + _TINY)
        return np.clip(residual, -limit, limit, out=residual)

    def zscore(rows: Any, totals: np.ndarray) -> np.ndarray:
        dense = (_dense(rows) - mean32) / scale32
        return np.clip(dense, -limit, limit, out=dense)

    def log(rows: Any, totals: np.ndarray) -> np.ndarray:
        return _dense(rows)

    return {PEARSON: pearson, ZSCORE: zscore, LOG: log}[transform]


def _dense(rows: Any) -> np.ndarray:
    return np.asarray(rows.toarray() if sparse.issparse(rows) else rows, dtype=np.float32)


def _mean_and_deviation(matrix: Any) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation per gene, (G,) each; 1 where a gene is constant."""
    mean = column_sums(matrix) / matrix.shape[0]
    deviation = np.sqrt(np.maximum(column_sums(matrix, power=2) / matrix.shape[0] - mean**2, 0))
    return mean, np.where(deviation > 1e-6, deviation, 1.0)
