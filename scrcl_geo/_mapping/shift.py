"""A technical shift between new and training cells, whatever kinds of cells there are."""

from __future__ import annotations

import numpy as np


def shift(
    features: np.ndarray, reference: np.ndarray, *, n_types: int = 50, n_rounds: int = 20, seed: int = 0
) -> np.ndarray:
    """Mean difference of new cells to the training cells of their kind, to be taken from the features.

    Training cells are sorted into small types; each new cell is compared with the centre of the nearest type,
    and the mean difference is taken off until nothing changes. The mean over all cells alone would take a
    missing or more frequent kind of cell for a shift.

    Shapes: ``features`` (N, F), ``reference`` (M, F) → (F,) float32.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import pairwise_distances_argmin

    n_types = max(1, min(n_types, len(reference) // 10))
    centers = KMeans(n_types, n_init=1, random_state=seed).fit(reference).cluster_centers_
    offset = np.zeros(features.shape[1], np.float32)
    for _ in range(n_rounds):
        kinds = pairwise_distances_argmin(features - offset, centers)
        update = (features - centers[kinds]).mean(axis=0, dtype=np.float64).astype(np.float32)
        if np.allclose(update, offset, atol=1e-4):
            break
        offset = update
    return offset
