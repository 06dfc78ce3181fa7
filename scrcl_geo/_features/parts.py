"""Parts of an embedding that are put side by side with equal weight."""

from __future__ import annotations

import numpy as np

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


def _center_and_scale(block: np.ndarray) -> tuple[np.ndarray, float]:
    center = block.mean(axis=0, dtype=np.float64)
    total = 0.0
    for start in range(0, len(block), _CHUNK):
        total += float(np.square(block[start : start + _CHUNK] - center).sum())
    return center, float(np.sqrt(total / len(block))) or 1.0


def effective_rank(*parts: np.ndarray) -> float:
    r"""Dimensions that the rows of some (N, D), side by side, spread over: :math:`(\sum \lambda)^2 / \sum
    \lambda^2` of their covariance's eigenvalues λ; 0 where all rows are equal. Put together by chunks."""
    center = np.concatenate([x.mean(axis=0, dtype=np.float64) for x in parts])
    covariance = np.zeros((len(center), len(center)))
    for start in range(0, len(parts[0]), _CHUNK):
        part = np.concatenate([x[start : start + _CHUNK] for x in parts], axis=1) - center
        covariance += part.T @ part
    squares = float((covariance**2).sum())
    return float(np.trace(covariance) ** 2 / squares) if squares > 0 else 0.0
