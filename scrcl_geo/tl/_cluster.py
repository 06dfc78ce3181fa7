"""Clusters of the embedding."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrcl_geo import _keys, _validate
from scrcl_geo import cluster as methods

if TYPE_CHECKING:
    from anndata import AnnData

Clusterer = Callable[..., np.ndarray]


def cluster(
    adata: AnnData,
    n_clusters: int | None = None,
    *,
    method: str | Clusterer = "auto",
    use_rep: str = _keys.EMBEDDING,
    resolution: float = 1.0,
    key_added: str = _keys.CLUSTERS,
    seed: int = 0,
) -> None:
    """Cluster the embedding.

    Parameters
    ----------
    adata
        With the embedding of :func:`embed`.
    n_clusters
        Number of clusters, where it is known; otherwise Leiden decides.
    method
        ``"kmeans"``, ``"gmm"``, ``"leiden"``, or any function ``(embedding, n_clusters, *, seed) -> labels``;
        ``"auto"`` is the Gaussian mixture with a number of clusters and Leiden without.
    use_rep
        Key of ``obsm`` to cluster.
    resolution
        Of Leiden, without ``n_clusters``.
    key_added
        Column to write.
    seed
        Of the clusterer.

    Returns
    -------
    None
        Writes ``obs["scrcl"]``: ordered categorical of strings "0", "1", … by falling cluster size.

    Raises
    ------
    ScrclInputError
        No embedding, or a number of clusters below 2 or above the number of cells.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> sg.tl.cluster(adata, 5, use_rep="X_pca")
    >>> adata.obs["scrcl"].cat.ordered
    True
    """
    remedy = "run sg.tl.embed(adata) first"
    embedding = np.asarray(_validate.key(adata.obsm, use_rep, slot="obsm", do=remedy))
    _validate.n_clusters(n_clusters, adata.n_obs)
    if method == "auto":
        method = "leiden" if n_clusters is None else "gmm"
    if method == "leiden":
        labels = methods.leiden(embedding, n_clusters, seed=seed, resolution=resolution)
    else:
        if n_clusters is None:
            raise _validate.fail(
                f"method {method!r} needs a number of clusters", "None", "pass n_clusters=..."
            )
        if isinstance(method, str):
            _validate.one_of("method", method, ("auto", *methods.__all__))
            method = getattr(methods, method)
        labels = method(embedding, n_clusters, seed=seed)
    names = [str(c) for c in range(int(np.max(labels)) + 1)]
    adata.obs[key_added] = pd.Categorical.from_codes(labels, names, ordered=True)
