"""Many candidate partitions, judged without labels, and the one the best agree on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from scrcl_geo import _validate
from scrcl_geo.cluster._gmm import gmm
from scrcl_geo.cluster._kmeans import kmeans
from scrcl_geo.cluster._merging import merging
from scrcl_geo.cluster._order import by_size

Clusterer = Callable[..., np.ndarray]

# k-means for clusters of like size, merging for clusters of unlike size, the mixture for elongated ones
CLUSTERERS: Mapping[str, Clusterer] = {
    "kmeans": kmeans,
    "merging": partial(merging, balance=0.5),
    "merging_small": partial(merging, balance=0.25),
    "gmm": gmm,
}
_JUDGED_CELLS = 2000


def committee(
    embeddings: Mapping[str, np.ndarray],
    judges: Sequence[np.ndarray],
    n_clusters: int,
    *,
    clusterers: Sequence[str] = tuple(CLUSTERERS),
    n_best: int = 5,
    seed: int = 0,
) -> np.ndarray:
    """Cluster every embedding by every clusterer and return what the best candidates agree on.

    No embedding and no clusterer is best for all data. Each candidate partition is ranked by its
    silhouette in each of the ``judges``, spaces that stand for different aspects of the cells; among the
    ``n_best`` by mean rank, the one with the highest mean mutual information with the others is returned.

    Shapes: ``embeddings`` and ``judges`` (N, ·) → (N,) int64 labels by falling size. The silhouette is
    taken on at most 2,000 cells.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.repeat([[0.0, 0.0], [5.0, 5.0]], 30, axis=0) + np.random.default_rng(0).normal(size=(60, 2))
    >>> committee({"x": x}, [x], 2).tolist() == [0] * 30 + [1] * 30
    True
    """
    for name in clusterers:
        _validate.one_of("clusterers", name, CLUSTERERS)
    candidates = [
        CLUSTERERS[name](embedding, n_clusters, seed=seed)
        for embedding in embeddings.values()
        for name in clusterers
    ]
    order = np.argsort(-_mean_rank(candidates, judges, seed), kind="stable")
    return by_size(_medoid([candidates[i] for i in order[:n_best]]))


def _mean_rank(candidates: Sequence[np.ndarray], judges: Sequence[np.ndarray], seed: int) -> np.ndarray:
    """Mean over the judges of each candidate's rank by silhouette, the best highest."""
    from scipy.stats import rankdata
    from sklearn.metrics import pairwise_distances, silhouette_score

    n_cells = len(candidates[0])
    sample = np.random.default_rng(seed).permutation(n_cells)[:_JUDGED_CELLS]
    ranks = []
    for space in judges:
        distances = pairwise_distances(space[sample])  # at most 2,000 × 2,000
        scores = [
            silhouette_score(distances, labels[sample], metric="precomputed")
            if 1 < len(np.unique(labels[sample])) < len(sample)
            else -1.0
            for labels in candidates
        ]
        ranks.append(rankdata(scores))
    return np.mean(ranks, axis=0)


def _medoid(candidates: Sequence[np.ndarray]) -> np.ndarray:
    """The candidate with the highest mean mutual information with all."""
    from sklearn.metrics import normalized_mutual_info_score as nmi

    agreement = [np.mean([nmi(a, b) for b in candidates]) for a in candidates]
    return candidates[int(np.argmax(agreement))]
