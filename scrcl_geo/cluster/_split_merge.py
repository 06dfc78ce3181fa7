"""A mixture's way out of a local optimum: two of its clusters become one, and another becomes two."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scrcl_geo.cluster._mixture import memberships, mixture_from, parameters

_TRIED = 3  # unions of two clusters, each with as many cuts of others


def split_and_merged(
    data: np.ndarray, likelihood: float, labels: np.ndarray, n_clusters: int, *, seed: int = 0
) -> tuple[float, np.ndarray]:
    """A mixture with one shared covariance, moved on as long as that pays.

    A move merges two clusters and splits a third, and the mixture is fitted anew from there. It is kept where
    all cells together gain more than the mean of one cluster is worth as parameters (BIC): less is what
    chance gives.

    Source: Ueda, Nakano, Ghahramani & Hinton, Neural Computation 2000. Differs: fitted anew as a whole, from
    labels, and the shared covariance makes both costs sums of squares.

    Shapes: ``data`` (N, D) float64, ``likelihood`` per cell and ``labels`` (N,) of a mixture of it → those of
    the mixture that it ends with, never less likely.
    """
    n_cells, n_columns = data.shape
    worth = n_columns / 2 * np.log(n_cells) / n_cells
    while True:
        for moved in _moves(data, labels, n_clusters, seed):
            found, better = mixture_from(data, moved, n_clusters)
            if found > likelihood + worth:
                likelihood, labels = found, better
                break
        else:
            return likelihood, labels


def _moves(data: np.ndarray, labels: np.ndarray, n_clusters: int, seed: int) -> Iterator[np.ndarray]:
    """Labels after each move, the most promising first."""
    sizes, means, whitener = parameters(data, data.T @ data, memberships(labels, n_clusters))
    splits = _splits(data @ whitener, labels, seed)
    moves = []
    for cost, two in _merges(sizes, means @ whitener):
        others = [split for split in splits if split[1] not in two]
        moves += [(gain - cost, two, leaving) for gain, _, leaving in others[:_TRIED]]
    for _, (into, gone), leaving in sorted(moves, key=lambda move: -move[0]):
        moved = labels.copy()
        moved[labels == gone] = into
        moved[leaving] = gone
        yield moved


def _merges(sizes: np.ndarray, centers: np.ndarray) -> list[tuple[float, tuple[int, int]]]:
    """What the cheapest unions of two clusters cost, as Ward counts it, and the two."""
    first, second = np.triu_indices(len(sizes), 1)
    squared = ((centers[first] - centers[second]) ** 2).sum(axis=1)
    costs = squared * sizes[first] * sizes[second] / (sizes[first] + sizes[second])
    cheapest = costs.argsort(kind="stable")[:_TRIED]
    return [(float(costs[at]), (int(first[at]), int(second[at]))) for at in cheapest]


def _splits(white: np.ndarray, labels: np.ndarray, seed: int) -> list[tuple[float, int, np.ndarray]]:
    """What cutting each cluster in two gains, falling, the cluster, and the cells that leave it."""
    from sklearn.cluster import KMeans

    found = []
    for cluster in np.unique(labels):
        cells = np.flatnonzero(labels == cluster)
        own = white[cells]
        if (own == own[0]).all():
            continue
        halves = KMeans(2, n_init=1, random_state=seed).fit(own)
        gain = float(((own - own.mean(axis=0)) ** 2).sum() - halves.inertia_)
        found.append((gain, int(cluster), cells[halves.labels_ == 1]))
    return sorted(found, key=lambda split: -split[0])
