"""How well a partition separates the cells of a space."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_JUDGED_CELLS = 2000


def silhouettes(partitions: Sequence[np.ndarray], space: np.ndarray, seed: int = 0) -> np.ndarray:
    """Mean silhouette of each partition in one space, on at most 2,000 cells; -1 for a single cluster."""
    from sklearn.metrics import pairwise_distances, silhouette_score

    sample = np.random.default_rng(seed).permutation(len(space))[:_JUDGED_CELLS]
    distances = pairwise_distances(space[sample])  # at most 2,000 × 2,000
    return np.array(
        [
            silhouette_score(distances, labels[sample], metric="precomputed")
            if 1 < len(np.unique(labels[sample])) < len(sample)
            else -1.0
            for labels in partitions
        ]
    )
