"""How well the clusters of one partition are found again in another."""

from __future__ import annotations

import numpy as np


def best_jaccard(labels: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Jaccard index of each cluster with the cluster of another partition that is most like it.

    Shapes: ``labels`` and ``others`` (N,) whole numbers from 0 → (K,) from 0 to 1; NaN for a number that does
    not occur.

    Examples
    --------
    >>> import numpy as np
    >>> best_jaccard(np.array([0, 0, 0, 1]), np.array([1, 1, 0, 0])).round(2).tolist()
    [0.67, 0.5]
    """
    table = np.zeros((int(labels.max()) + 1, int(others.max()) + 1))
    np.add.at(table, (labels, others), 1)
    union = table.sum(axis=1, keepdims=True) + table.sum(axis=0) - table
    found = (table / np.maximum(union, 1)).max(axis=1)
    return np.where(table.any(axis=1), found, np.nan)
