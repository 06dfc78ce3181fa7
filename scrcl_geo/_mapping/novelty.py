"""How unlike the training cells new cells are: above 1 is farther than 99 % of the training cells."""

from __future__ import annotations

import numpy as np

from scrcl_geo._neighbors.knn import connectivities, knn_distances
from scrcl_geo._neighbors.smoothing import smooth

_NEAREST, _HOPS, _QUANTILE = 15, 2, 0.99
_JUDGED = 1000  # training cells judged as though new, at least


def novelty_of_views(reference: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Distance to the training cells in the views, over what 99 % of these have to each other.

    Training draws cells of one kind together, so cells of no kind it knew fall between the kinds.

    Shapes: ``reference`` (M, D), ``new`` (N, D) → (N,).
    """
    limit = np.quantile(_distances(reference), _QUANTILE)
    return _distances(reference, new) / max(limit, np.finfo(np.float32).tiny)


def novelty_of_expression(reference: np.ndarray, new: np.ndarray, seed: int = 0) -> np.ndarray:
    """Distance to the training cells in expression, for tissue, where the views tell of surroundings.

    Expression is averaged over like cells, among the training cells and among the new ones, at most half as
    many at a time as there are training cells. The limit is what 1 % of the training cells exceed when drawn
    as such new cells.

    Shapes: ``reference`` (M, F), ``new`` (N, F) → (N,).
    """
    rng = np.random.default_rng(seed)
    m, half = len(reference), max(1, len(reference) // 2)
    n_parts = -(-len(new) // half)
    size = min(half, -(-len(new) // n_parts))
    judged, distances = [], np.empty(len(new))
    for _ in range(max(2, min(10, _JUDGED // size))):
        order = rng.permutation(m)
        judged.append(_distances(_averaged(reference[order[size:]]), _averaged(reference[order[:size]])))
    for part in np.array_split(rng.permutation(len(new)), n_parts):
        known = reference[rng.permutation(m)[size:]]  # as many as above: fewer cells are farther apart
        distances[part] = _distances(_averaged(known), _averaged(new[part]))
    limit = np.quantile(np.concatenate(judged), _QUANTILE)
    return distances / max(limit, np.finfo(np.float32).tiny)


def _distances(reference: np.ndarray, new: np.ndarray | None = None) -> np.ndarray:
    """Mean distance to the nearest reference cells, of new cells or of each reference cell itself."""
    from sklearn.neighbors import NearestNeighbors

    searcher = NearestNeighbors(n_neighbors=max(1, min(_NEAREST, len(reference) - 1)))
    return searcher.fit(reference).kneighbors(new)[0].mean(axis=1)


def _averaged(x: np.ndarray) -> np.ndarray:
    """Features smoothed over the most similar cells; few cells have few that are like each other."""
    n_neighbors = max(1, min(_NEAREST, len(x) // 10))
    if len(x) < 2:
        return x
    return smooth(x, connectivities(knn_distances(x, n_neighbors)), _HOPS)
