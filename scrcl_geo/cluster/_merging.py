"""Over-cluster, then merge: robust to clusters of very different size."""

from __future__ import annotations

import warnings
from collections.abc import Collection

import numpy as np

from scrcl_geo import _validate
from scrcl_geo.cluster._one_thread import one_thread
from scrcl_geo.cluster._order import by_size


def merging(embedding: np.ndarray, n_clusters: int, *, seed: int = 0, balance: float = 0.25) -> np.ndarray:
    r"""k-means into many small clusters, merged bottom-up by a linkage between average and Ward.

    k-means alone splits large clusters before it finds small ones; average linkage finds small ones
    first, down to single outliers. The pair that is merged next has the smallest

    .. math:: \bar d^2_{ab} \left( \frac{n_a n_b}{n_a + n_b} \right)^{\gamma}

    with :math:`\bar d^2` the average squared distance between the centres of its parts and n the cells:
    γ = 0 is average linkage, γ = 1 has Ward's weight.

    Shapes: (N, D) → (N,) int64 labels by falling size. O(N D M + M³) with M = max(5 K, √N), at
    most N / 4 where that is more than K.

    Parameters
    ----------
    balance
        γ from 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.repeat([[0.0], [1.0], [9.0]], [50, 40, 5], axis=0)
    >>> int(merging(x + np.random.default_rng(0).normal(0, 0.1, x.shape), 3).max())
    2
    """
    _validate.n_clusters(n_clusters, len(embedding))
    (labels,) = merging_path(embedding, [n_clusters], seed=seed, balance=balance).values()
    return labels


def merging_path(
    embedding: np.ndarray, numbers: Collection[int], *, seed: int = 0, balance: float = 0.25
) -> dict[int, np.ndarray]:
    """The partition into each of several numbers of clusters, from one run of :func:`merging`.

    Where there are fewer distinct cells than a number, it falls to theirs. The cost is that of the largest.

    Shapes: (N, D) → (N,) int64 labels by falling size for each number.
    """
    _validate.at_least("balance", balance, 0, whole=False)
    embedding = np.asarray(embedding, dtype=np.float32)
    small = _small_clusters(embedding, max(numbers), seed)
    sizes = np.bincount(small)
    centers = np.stack([embedding[small == c].mean(axis=0) for c in range(len(sizes))])
    reached = {min(k, len(sizes)) for k in numbers}
    path = _merge(centers, sizes, reached, balance)
    return {number: by_size(owner[small]) for number, owner in path.items()}


def _small_clusters(embedding: np.ndarray, most: int, seed: int) -> np.ndarray:
    """``most`` clusters of the cells or more, (N,), none empty."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    n_cells = len(embedding)
    n_small = int(max(most, min(max(5 * most, np.sqrt(n_cells)), n_cells // 4)))
    with (
        one_thread(n_cells),
        warnings.catch_warnings(),
    ):  # memberships have few distinct rows: empty parts are dropped below
        warnings.simplefilter("ignore", ConvergenceWarning)
        small = KMeans(n_small, n_init=1, random_state=seed).fit_predict(embedding)
    return np.unique(small, return_inverse=True)[1]


def _merge(
    centers: np.ndarray, sizes: np.ndarray, numbers: Collection[int], balance: float
) -> dict[int, np.ndarray]:
    """Cluster of each of the M small clusters, (M,), at each number on the way down."""
    weights = sizes.astype(float)
    difference = centers[:, None].astype(float) - centers[None]
    distance = (difference**2).sum(axis=-1)  # (M, M)
    owner = np.arange(len(weights))
    alive = np.ones(len(weights), dtype=bool)
    np.fill_diagonal(distance, np.inf)
    found = {}
    for left in range(len(weights), min(numbers) - 1, -1):
        if left in numbers:
            found[left] = owner.copy()
        if left == min(numbers):
            break
        harmonic = weights[:, None] * weights / (weights[:, None] + weights)
        cost = distance * harmonic**balance
        cost[~alive] = cost[:, ~alive] = np.inf
        a, b = np.unravel_index(cost.argmin(), cost.shape)
        average = (weights[a] * distance[a] + weights[b] * distance[b]) / (weights[a] + weights[b])
        average[a] = np.inf
        distance[a] = distance[:, a] = average
        weights[a] += weights[b]
        alive[b] = False
        owner[owner == b] = a
    return found
