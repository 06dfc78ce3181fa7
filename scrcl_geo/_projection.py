"""Principal components of transformed expression, streamed: the dense matrix exists in row chunks only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg, sparse

from scrcl_geo import _validate

LOG, ZSCORE, PEARSON = "log", "zscore", "pearson"
TRANSFORMS = (LOG, ZSCORE, PEARSON)
_CHUNK_ROWS = 2048
_THETA = 100.0  # overdispersion of the null model of Lause et al.
_ZSCORE_LIMIT = 10.0


@dataclass(frozen=True)
class Projection:
    """A linear map from transformed expression to principal components, with all it needs for new cells.

    Shapes: ``mean``, ``scale`` (G,), ``components`` (G, F), ``center`` (F,).
    For Pearson residuals, ``mean`` is each gene's share of all counts and ``limit`` the clipping bound.
    """

    transform: str
    mean: np.ndarray
    scale: np.ndarray
    limit: float
    components: np.ndarray
    center: np.ndarray

    def apply(self, matrix: Any) -> np.ndarray:
        """Components (N, F) float32 of log expression, or of counts for Pearson residuals."""
        chunk = _transformer(self.transform, self.mean, self.scale, self.limit)
        parts = [chunk(rows) @ self.components - self.center for rows in _chunks(matrix)]
        return np.concatenate(parts).astype(np.float32)


def fit_projection(matrix: Any, transform: str, n_components: int) -> Projection:
    """Principal components of an (N, G) matrix under a transform.

    ``log`` takes log expression as it is; ``zscore`` scales each gene to unit variance and clips at 10
    standard deviations; ``pearson`` turns counts into analytic Pearson residuals (Lause, Berens & Kobak,
    Genome Biology 2021) with θ = 100, clipped at √N.

    The (G, G) covariance is accumulated over row chunks: O(N G²) time, O(G²) memory.
    """
    _validate.one_of("transform", transform, TRANSFORMS)
    n_cells, n_genes = matrix.shape
    n_components = max(1, min(n_components, n_cells - 1, n_genes))
    if transform == PEARSON:
        totals = np.asarray(matrix.sum(axis=0, dtype=np.float64)).reshape(-1)
        mean, scale, limit = totals / totals.sum(), np.ones(n_genes), float(np.sqrt(n_cells))
    else:
        mean, scale = _mean_and_deviation(matrix)
        limit = _ZSCORE_LIMIT if transform == ZSCORE else np.inf
    chunk = _transformer(transform, mean, scale, limit)

    total = np.zeros(n_genes)
    second = np.zeros((n_genes, n_genes))
    for rows in _chunks(matrix):
        dense = chunk(rows)
        total += dense.sum(axis=0, dtype=np.float64)
        second += dense.T @ dense
    average = total / n_cells
    covariance = second / n_cells - np.outer(average, average)
    first = n_genes - n_components
    _, vectors = linalg.eigh(covariance, subset_by_index=(first, n_genes - 1))
    vectors = vectors[:, ::-1]
    # an eigenvector's sign is arbitrary: the largest loading is made positive
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), range(n_components)])
    return Projection(transform, mean, scale, limit, vectors.astype(np.float32), (average @ vectors))


def _transformer(
    transform: str, mean: np.ndarray, scale: np.ndarray, limit: float
) -> Callable[[Any], np.ndarray]:
    """Function from sparse rows to dense transformed rows, float32."""

    def pearson(rows: Any) -> np.ndarray:
        totals = np.asarray(rows.sum(axis=1, dtype=np.float64))  # (n, 1)
        expected = np.asarray(totals * mean, dtype=np.float32)  # (n, G)
        residual = _dense(rows) - expected
        residual /= np.sqrt(expected + expected**2 / _THETA + np.finfo(np.float32).tiny)
        return np.clip(residual, -limit, limit)

    def zscore(rows: Any) -> np.ndarray:
        dense = (_dense(rows) - mean.astype(np.float32)) / scale.astype(np.float32)
        return np.clip(dense, -limit, limit)

    def log(rows: Any) -> np.ndarray:
        return _dense(rows)

    return {PEARSON: pearson, ZSCORE: zscore, LOG: log}[transform]


def _dense(rows: Any) -> np.ndarray:
    return np.asarray(rows.toarray() if sparse.issparse(rows) else rows, dtype=np.float32)


def _mean_and_deviation(matrix: Any) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation per gene, (G,) each; 1 where a gene is constant."""
    n_cells, n_genes = matrix.shape
    total, second = np.zeros(n_genes), np.zeros(n_genes)
    for rows in _chunks(matrix):
        total += np.asarray(rows.sum(axis=0, dtype=np.float64)).reshape(-1)
        squared = rows.multiply(rows) if sparse.issparse(rows) else np.square(rows)
        second += np.asarray(squared.sum(axis=0, dtype=np.float64)).reshape(-1)
    mean = total / n_cells
    deviation = np.sqrt(np.maximum(second / n_cells - mean**2, 0))
    return mean, np.where(deviation > 1e-6, deviation, 1.0)


def _chunks(matrix: Any) -> Iterator[Any]:
    for start in range(0, matrix.shape[0], _CHUNK_ROWS):
        yield matrix[start : start + _CHUNK_ROWS]
