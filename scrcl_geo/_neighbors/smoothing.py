"""Smoothing over a graph of cells, and how many cells it averages."""

from __future__ import annotations

import numpy as np
from scipy import sparse


def smooth(x: np.ndarray, adjacency: sparse.csr_matrix, n_hops: int) -> np.ndarray:
    """``n_hops`` steps of symmetric smoothing, the NumPy twin of :func:`scrcl_geo.nn.smooth`.

    Shapes: ``x`` (N, F), ``adjacency`` (N, N) symmetric without self-loops → (N, F). O(n_hops E F).
    """
    if n_hops == 0:
        return x
    closed = adjacency + sparse.eye(adjacency.shape[0], dtype=np.float32, format="csr")
    scale = sparse.diags(1 / np.sqrt(np.asarray(closed.sum(axis=1)).reshape(-1)))
    operator = (scale @ closed @ scale).tocsr().astype(np.float32)
    for _ in range(n_hops):
        x = operator @ x
    return x


def samples_averaged(adjacency: sparse.csr_matrix, n_hops: int, *, n_probes: int = 8, seed: int = 0) -> float:
    r"""How many cells one smoothed cell stands for: Kish's effective size of its weights, on average.

    :math:`N / \lVert S^h \rVert_F^2` with S the operator of :func:`smooth`, by random signs r, since
    :math:`\mathbb{E} \lVert S^h r \rVert^2 = \lVert S^h \rVert_F^2` (Hutchinson 1989). O(n_hops E n_probes).
    """
    n_cells = adjacency.shape[0]
    signs = np.random.default_rng(seed).choice(np.array([-1, 1], np.float32), (n_cells, n_probes))
    smoothed = smooth(signs, adjacency, n_hops).astype(np.float64)
    return float(n_cells / max((smoothed**2).sum() / n_probes, np.finfo(float).tiny))
