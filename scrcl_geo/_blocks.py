"""Parts of an embedding that are put side by side with equal weight."""

from __future__ import annotations

import numpy as np
from scipy import sparse

_CHUNK = 100_000


def unit_variance(x: np.ndarray) -> np.ndarray:
    """Centred and scaled to total variance 1, float32; a constant block becomes zero."""
    return join(x)


def join(*blocks: np.ndarray) -> np.ndarray:
    """Blocks side by side, each of total variance 1, float32."""
    stops = np.cumsum([block.shape[1] for block in blocks])
    joined = np.empty((len(blocks[0]), stops[-1]), np.float32)
    for block, stop in zip(blocks, stops, strict=True):
        center, scale = _center_and_scale(block)
        columns = slice(stop - block.shape[1], stop)
        for start in range(0, len(block), _CHUNK):  # float64 in between, a chunk at a time
            rows = slice(start, start + _CHUNK)
            joined[rows, columns] = (block[rows] - center) / scale
    return joined


def scaling(*blocks: np.ndarray) -> dict[str, np.ndarray]:
    """Centre and scale, (D,) float32 each, of the columns :func:`join` makes, to join new cells alike."""
    found = [_center_and_scale(block) for block in blocks]
    center = np.concatenate([c for c, _ in found])
    scale = np.repeat([s for _, s in found], [block.shape[1] for block in blocks])
    return {"center": center.astype(np.float32), "scale": scale.astype(np.float32)}


def _center_and_scale(block: np.ndarray) -> tuple[np.ndarray, float]:
    center = block.mean(axis=0, dtype=np.float64)
    total = 0.0
    for start in range(0, len(block), _CHUNK):
        total += float(np.square(block[start : start + _CHUNK] - center).sum())
    return center, float(np.sqrt(total / len(block))) or 1.0


def effective_rank(x: np.ndarray) -> float:
    r"""Dimensions that the rows of (N, D) spread over: :math:`(\sum \lambda)^2 / \sum \lambda^2` of their
    covariance's eigenvalues λ; 0 where all rows are equal."""
    center = x.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((x.shape[1], x.shape[1]))
    for start in range(0, len(x), _CHUNK):
        part = x[start : start + _CHUNK] - center
        covariance += part.T @ part
    squares = float((covariance**2).sum())
    return float(np.trace(covariance) ** 2 / squares) if squares > 0 else 0.0


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
