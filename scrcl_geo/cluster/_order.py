"""One order of cluster numbers for all methods."""

from __future__ import annotations

import numpy as np


def by_size(labels: np.ndarray) -> np.ndarray:
    """Labels renumbered 0, 1, … by falling cluster size; ties by first occurrence.

    Shapes: (N,) → (N,) int64.
    """
    _, first, inverse, counts = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((first, -counts))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[inverse.reshape(-1)]


def by_value(embedding: np.ndarray) -> np.ndarray:
    """The rows in an order that their numbers alone decide, so that draws do not hang on how they come."""
    return embedding[np.lexsort(embedding.T[::-1])]
