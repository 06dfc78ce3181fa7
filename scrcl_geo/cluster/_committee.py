"""Many partitions of the same cells, the better ones chosen without labels, made one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from scrcl_geo import _validate
from scrcl_geo.cluster._gmm import gmm
from scrcl_geo.cluster._kmeans import kmeans
from scrcl_geo.cluster._merging import merging, merging_paths


def _by_kmeans(embedding: np.ndarray, n_clusters: int, seed: int) -> list[np.ndarray]:
    return [kmeans(embedding, n_clusters, seed=seed)]


def _by_gmm(embedding: np.ndarray, n_clusters: int, seed: int) -> list[np.ndarray]:
    return [gmm(embedding, n_clusters, seed=seed)]


def _by_merging(embedding: np.ndarray, n_clusters: int, seed: int) -> list[np.ndarray]:
    _validate.n_clusters(n_clusters, len(embedding))
    paths = merging_paths(embedding, [n_clusters], seed=seed, balances=[0.5, 0.25])
    return [labels for path in paths for labels in path.values()]


# k-means for clusters of like size, merging for clusters of unlike size, the mixture for elongated ones
CLUSTERERS: Mapping[str, Callable[[np.ndarray, int, int], list[np.ndarray]]] = {
    "kmeans": _by_kmeans,
    "merging": _by_merging,
    "gmm": _by_gmm,
}
_JUDGED_CELLS = 2000


def committee(
    embeddings: Mapping[str, np.ndarray],
    n_clusters: int,
    *,
    clusterers: Sequence[str] = ("kmeans", "merging"),
    judges: Sequence[np.ndarray] = (),
    n_best: int = 3,
    seed: int = 0,
) -> np.ndarray:
    """Cluster every embedding by every clusterer and reconcile the partitions.

    No embedding and no clusterer is best for all data; merging is done at two balances. With ``judges``, only
    the ``n_best`` partitions by mean silhouette over these spaces are kept, on at most 2,000 cells; without,
    all of them. Several judges outvote one that is broken.

    Shapes: ``embeddings`` and ``judges`` (N, ·) each → (N,) int64 labels by falling size.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.repeat([[0.0, 0.0], [5.0, 5.0]], 30, axis=0) + np.random.default_rng(0).normal(size=(60, 2))
    >>> committee({"x": x}, 2).tolist() == [0] * 30 + [1] * 30
    True
    """
    for name in clusterers:
        _validate.one_of("clusterers", name, CLUSTERERS)
    partitions = [
        labels
        for embedding in embeddings.values()
        for name in clusterers
        for labels in CLUSTERERS[name](embedding, n_clusters, seed)
    ]
    if judges:
        votes = np.mean([silhouettes(partitions, space, seed) for space in judges], axis=0)
        partitions = [partitions[i] for i in np.argsort(-votes, kind="stable")[:n_best]]
    return consensus(partitions, n_clusters, seed=seed)


def consensus(partitions: Sequence[np.ndarray], n_clusters: int, *, seed: int = 0) -> np.ndarray:
    """One partition that agrees with many: cells are grouped by their memberships in all of them.

    The memberships side by side are a 0/1 embedding of width Σ K, in which the squared distance of two cells
    is twice the number of partitions that separate them; no N × N co-association matrix is needed.

    Shapes: each partition (N,) → (N,) int64 labels by falling size. O(N · Σ K · √N).

    Examples
    --------
    >>> import numpy as np
    >>> labels = np.repeat([0, 1], [12, 8])
    >>> consensus([labels, 1 - labels], 2).tolist() == labels.tolist()
    True
    """
    width = [int(labels.max()) + 1 for labels in partitions]
    memberships = [np.eye(k, dtype=np.float32)[p] for k, p in zip(width, partitions, strict=True)]
    return merging(np.concatenate(memberships, axis=1), n_clusters, seed=seed)


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
