"""Labels in tissue, made smooth."""

from __future__ import annotations

import numpy as np

from scrcl_geo import _validate


def majority(
    labels: np.ndarray, coordinates: np.ndarray, n_neighbors: int, samples: np.ndarray | None = None
) -> np.ndarray:
    """The label that most of a cell's nearest neighbours in space have; of several, that of the nearest.

    The cell itself has no vote, and no other slide has. Source: the last step of scRCL in tissue.

    Shapes: ``labels`` (N,) integers, ``coordinates`` (N, 2 or more), ``samples`` (N,) → (N,) int64.
    O(N (log N + n_neighbors)).

    Examples
    --------
    >>> import numpy as np
    >>> majority(np.array([0, 0, 1, 0, 0]), np.arange(5.0)[:, None], 4).tolist()
    [0, 0, 0, 0, 0]
    """
    from sklearn.neighbors import NearestNeighbors

    _validate.at_least("n_neighbors", n_neighbors, 1)
    labels = np.asarray(labels, dtype=np.int64)
    samples = np.zeros(len(labels), int) if samples is None else samples
    smooth = labels.copy()
    for sample in np.unique(samples):
        here = np.flatnonzero(samples == sample)
        if len(here) < 2:
            continue
        tree = NearestNeighbors(n_neighbors=min(n_neighbors, len(here) - 1)).fit(coordinates[here])
        votes = labels[here][tree.kneighbors(return_distance=False)]  # (n, k), the nearest first
        counts = np.zeros((len(here), labels.max() + 1), np.int64)
        rows = np.arange(len(here))
        np.add.at(counts, (rows[:, None], votes), 1)
        most = np.take_along_axis(counts, votes, axis=1) == counts.max(axis=1, keepdims=True)
        smooth[here] = votes[rows, most.argmax(axis=1)]
    return smooth
