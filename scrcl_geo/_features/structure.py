"""Whether genes vary together at all, or each by itself as in noise."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import linalg, sparse

from scrcl_geo._features.expression import log_expression
from scrcl_geo._features.values import COUNTS, SCALED

_CELLS, _GENES, _DRAWS = 1000, 500, 9
_MARGIN = 1.1  # permuted genes reach 1.03 in noise; the flattest of thirty labelled sets lies at 2.3
_THETA = 100.0  # overdispersion of Pearson residuals, as elsewhere


class Structure(NamedTuple):
    """Variance along the leading direction of the cells, and the largest where genes are permuted."""

    leading: float
    permuted: float

    @property
    def found(self) -> bool:
        """Whether genes vary together more than by chance."""
        return self.leading > _MARGIN * self.permuted


def structure_of(matrix: Any, used: np.ndarray, kind: str, *, seed: int = 0) -> Structure:
    """Parallel analysis of some cells and the most variable genes.

    Counts become Pearson residuals, which depth does not move; other values logarithms. Each gene is scaled
    to unit variance and each cell to unit length, and the largest eigenvalue of the covariance is compared
    with those after the values of each gene are permuted over the cells, which keeps its distribution,
    overdispersion included, and takes what it shares with others.

    Shapes: ``matrix`` (N, G) in memory or on disk, mask ``used`` (G,). O(N' G' min(N', G')) for at most 1,000
    cells N' and 500 genes G'.

    Source: Horn, A rationale and test for the number of factors in factor analysis (Psychometrika 1965).
    """
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(matrix.shape[0])[:_CELLS])
    drawn = matrix[rows][:, used]  # rows first: the matrix may lie in a file
    values = _residuals(drawn) if kind == COUNTS else _logarithms(drawn, kind)
    values = values[:, np.argsort(-values.var(axis=0), kind="stable")[:_GENES]]
    permuted = max(_leading(rng.permuted(values, axis=0)) for _ in range(_DRAWS))
    return Structure(_leading(values), permuted)


def _residuals(counts: Any) -> np.ndarray:
    """Pearson residuals of the cells and genes that have counts, clipped at the root of the cells."""
    x = np.asarray(counts.todense() if sparse.issparse(counts) else counts, dtype=np.float64)
    x = x[:, (x > 0).sum(axis=0) >= min(3, len(x))]
    x = x[x.sum(axis=1) > 0]
    expected = np.outer(x.sum(axis=1), x.sum(axis=0) / max(x.sum(), 1))
    limit = np.sqrt(len(x))
    return np.clip((x - expected) / np.sqrt(expected + expected**2 / _THETA), -limit, limit)


def _logarithms(values: Any, kind: str) -> np.ndarray:
    if kind == SCALED:
        return np.asarray(values.todense() if sparse.issparse(values) else values, dtype=np.float64)
    return log_expression(values, kind).toarray().astype(np.float64)


def _leading(values: np.ndarray) -> float:
    """Largest eigenvalue of the covariance of standardised genes in cells of unit length."""
    tiny = np.finfo(float).tiny
    x = values - values.mean(axis=0)
    x = x / np.maximum(x.std(axis=0), tiny)
    x = x / np.maximum(np.sqrt((x**2).mean(axis=1, keepdims=True)), tiny)
    product = x.T @ x if x.shape[0] > x.shape[1] else x @ x.T
    last = len(product) - 1
    return float(linalg.eigvalsh(product, subset_by_index=[last, last])[0]) / max(len(x), 1)
