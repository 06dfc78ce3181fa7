"""Weights of neighbours as UMAP has them."""

from __future__ import annotations

import numpy as np
from scipy import sparse

_STEPS = 64  # of the bisection of each bandwidth
_LEAST = 1e-3  # bandwidth, in mean distances


def fuzzy_connectivities(distances: sparse.csr_matrix) -> sparse.csr_matrix:
    r"""Symmetric weights in (0, 1] of a graph with equally many stored neighbours in each row.

    Source: McInnes, Healy and Melville, arXiv 1802.03426, section 3.1: :math:`w = \exp(-(d - \rho_i) /
    \sigma_i)` with :math:`\rho_i` the distance of the nearest other cell and :math:`\sigma_i` such that a
    row sums to :math:`\log_2 k`, joined as :math:`w + w^T - w \circ w^T`. Written here since the library
    compiles for longer than most runs take.

    Shapes: (N, N) CSR with k - 1 entries a row → (N, N) float32 CSR. O(N k).
    """
    n_rows = distances.shape[0]
    if not distances.nnz:
        return sparse.csr_matrix(distances.shape, dtype=np.float32)
    d = distances.data.reshape(n_rows, -1).astype(np.float64)  # (N, k - 1)
    positive = np.where(d > 0, d, np.inf).min(axis=1)
    nearest = np.where(np.isfinite(positive), positive, 0.0)  # (N,)
    beyond = np.maximum(d - nearest[:, None], 0)
    width = np.maximum(_bandwidths(beyond, np.log2(d.shape[1] + 1)), _LEAST * _scale(d, nearest))
    width = np.maximum(width, np.finfo(np.float64).tiny)
    weight = np.exp(-beyond / width[:, None]).astype(np.float32)
    directed = sparse.csr_matrix((weight.reshape(-1), distances.indices, distances.indptr), distances.shape)
    mutual = directed.multiply(directed.T)
    return (directed + directed.T - mutual).tocsr()


def _bandwidths(beyond: np.ndarray, target: float) -> np.ndarray:
    """Per row the width at which its weights sum to ``target``, by bisection (N,)."""
    low, high, width = np.zeros(len(beyond)), np.full(len(beyond), np.inf), np.ones(len(beyond))
    for _ in range(_STEPS):
        too_wide = np.exp(-beyond / width[:, None]).sum(axis=1) > target
        high, low = np.where(too_wide, width, high), np.where(too_wide, low, width)
        width = np.where(np.isinf(high), 2 * width, (low + high) / 2)
    return width


def _scale(d: np.ndarray, nearest: np.ndarray) -> np.ndarray:
    """Mean distance of each row, with the cell itself, or of all where it lies on its neighbours (N,)."""
    own = d.sum(axis=1) / (d.shape[1] + 1)
    return np.where(nearest > 0, own, own.mean())
