"""Leiden on a nearest-neighbour graph of the embedding."""

from __future__ import annotations

import numpy as np

from scrcl_geo import _validate
from scrcl_geo.cluster._order import by_size

_FEWEST = 3  # cells that have a graph; fewer are one cluster, or as many as asked for


def leiden(
    embedding: np.ndarray,
    n_clusters: int | None = None,
    *,
    seed: int = 0,
    resolution: float = 1.0,
    n_neighbors: int = 15,
) -> np.ndarray:
    """Leiden communities of the embedding's kNN graph, at ``resolution`` or at ``n_clusters``.

    With ``n_clusters``, the resolution is searched by bisection; where no resolution gives exactly that
    number, the nearest one found is used.

    Shapes: (N, D) → (N,) int64 labels by falling size.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.repeat([[0.0, 0.0], [9.0, 9.0]], 30, axis=0) + np.random.default_rng(0).normal(size=(60, 2))
    >>> len(set(leiden(x, 2)))
    2
    """
    import scanpy as sc
    from anndata import AnnData

    _validate.n_clusters(n_clusters, len(embedding))
    _validate.positive("resolution", resolution)
    if len(embedding) < _FEWEST:
        return np.arange(len(embedding)) % (n_clusters or 1)
    adata = AnnData(np.asarray(embedding, dtype=np.float32))
    n_neighbors = min(n_neighbors, len(embedding) - 1)
    sc.pp.neighbors(adata, n_neighbors=n_neighbors, use_rep="X", random_state=seed)

    def at(value: float) -> np.ndarray:
        sc.tl.leiden(adata, value, random_state=seed, flavor="igraph", n_iterations=2, directed=False)
        return adata.obs["leiden"].cat.codes.to_numpy()

    if n_clusters is None:
        return by_size(at(resolution))
    low, high, best = 0.0, 2.0, at(1.0)
    while len(np.unique(at(high))) < n_clusters and high < 64:
        high *= 2
    for _ in range(20):
        middle = (low + high) / 2
        labels = at(middle)
        found = len(np.unique(labels))
        if abs(found - n_clusters) < abs(len(np.unique(best)) - n_clusters):
            best = labels
        if found == n_clusters:
            break
        low, high = (middle, high) if found < n_clusters else (low, middle)
    return by_size(best)
