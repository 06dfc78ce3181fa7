"""k-means by the cosine."""

from __future__ import annotations

import numpy as np

from scrcl_geo import _validate
from scrcl_geo.cluster._order import by_size

_MOST_STEPS = 300
_STARTS = 20


def spherical_kmeans(embedding: np.ndarray, n_clusters: int, *, seed: int = 0) -> np.ndarray:
    """k-means by the cosine, as the published scRCL clusters.

    One run, from random cells: of 20 draws those whose cosines with all cells sum up to most, so that it
    starts in the midst of the cells. Not a clusterer to choose: its result hangs on the draw (docs/paper.md).
    Source: Dhillon & Modha, Machine Learning 2001.

    Shapes: (N, D) → (N,) int64 labels by falling size.

    Examples
    --------
    >>> import numpy as np
    >>> spherical_kmeans(np.array([[1.0, 0.1], [5.0, 0.0], [0.0, 1.0]]), 2).tolist()
    [0, 0, 1]
    """
    _validate.n_clusters(n_clusters, len(embedding))
    x = np.asarray(embedding, dtype=np.float64)
    x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), np.finfo(np.float64).tiny)
    rng = np.random.default_rng(seed)
    draws = [x[rng.choice(len(x), n_clusters, replace=False)] for _ in range(_STARTS)]
    middle = x.sum(axis=0)
    centers = max(draws, key=lambda cells: float((cells @ middle).sum()))
    labels = np.full(len(x), -1)
    for _ in range(_MOST_STEPS):
        before, labels = labels, (x @ centers.T).argmax(axis=1)  # (N,)
        if np.array_equal(before, labels):
            break
        for c in np.unique(labels):  # a cluster that lost all its cells keeps its centre
            total = x[labels == c].sum(axis=0)
            centers[c] = total / max(np.linalg.norm(total), np.finfo(np.float64).tiny)
    return by_size(labels)
