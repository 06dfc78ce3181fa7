"""Clusters of the embedding."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from scrcl_geo import _keys, _validate, metrics
from scrcl_geo import cluster as methods
from scrcl_geo._features import checks
from scrcl_geo.cluster._order import by_size
from scrcl_geo.cluster._palette import first_colors
from scrcl_geo.tl._estimate import estimate_clusters
from scrcl_geo.tl._rep import rep_of
from scrcl_geo.tl._stale import forget_clusters
from scrcl_geo.tl._voices import Clusterer, Voices

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)

METHODS = ("auto", "gmm", "kmeans", "spherical_kmeans", "merging", "leiden")
_SWALLOWED = 0.95  # share of the largest cluster
_FOLLOWS = 0.25  # mutual information with the samples; published domains and types stay below .02


def cluster(
    adata: AnnData,
    n_clusters: int | None = None,
    *,
    method: str | Clusterer = "auto",
    use_rep: str = _keys.EMBEDDING,
    resolution: float | None = None,
    n_majority: int = 0,
    key_added: str = _keys.CLUSTERS,
    seed: int = 0,
) -> None:
    """Cluster the embedding; above 20,000 cells, a sample of them, which then names the others.

    Parameters
    ----------
    adata
        With the embedding of :func:`embed`.
    n_clusters
        Number of clusters, where it is known; otherwise :func:`estimate_clusters` decides.
    method
        ``"gmm"`` (see :func:`scrcl_geo.cluster.gmm`), ``"kmeans"``, ``"spherical_kmeans"``, ``"merging"``,
        ``"leiden"``, or any function ``(embedding, n_clusters, *, seed) -> labels``. ``"auto"`` is what
        mixtures of either refined view, of both and of their mean agree on. In tissue whose reach is
        more than three hops this is counted twice and reconciled
        (:func:`scrcl_geo.cluster.consensus`) with mixtures of the input, averaged over half of the reach, and
        of each transform in it, and with one and k-means of the composition, which need no network. Of fewer
        than 1,000 cells without space, it is what a mixture of the embedding, one of the input and one of
        each transform agree on. A network with own parts, another objective or another input speaks alone.
    use_rep
        Key of ``obsm`` to cluster.
    resolution
        Of Leiden, instead of a number of clusters; 1 by default.
    n_majority
        Give each cell the label that most of so many nearest cells in space have, as the paper does in tissue
        with 50; 0 leaves the labels.
    key_added
        Column to write.
    seed
        Of the clusterer.

    Returns
    -------
    None
        Writes ``obs["scrcl"]``: ordered categorical of strings "0", "1", … by falling cluster size;
        ``uns["scrcl_colors"]``, hex strings, unless as many are there; and where the number of clusters was
        estimated, ``uns["scrcl_n_clusters"]``. Names that :func:`annotate` gave to other clusters of this
        column go, which a warning tells.

    Raises
    ------
    ScrclInputError
        No embedding, a number of clusters below 2 or above the number of cells, a resolution for a method
        that has none, a majority without coordinates, or a clusterer that leaves cells out.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> sg.tl.cluster(adata, 5, use_rep="X_scrcl_pca")
    >>> adata.obs["scrcl"].cat.ordered
    True
    """
    embedding = rep_of(adata, use_rep)
    _validate.n_clusters(n_clusters, adata.n_obs)
    _validate.within("seed", seed, 0, _validate.LARGEST_SEED)
    if isinstance(method, str):
        _validate.one_of("method", method, METHODS)
    if resolution is not None and (method != "leiden" or n_clusters is not None):
        found = f"method={method!r}, n_clusters={n_clusters}"
        remedy = "pass method='leiden' without n_clusters"
        raise _validate.fail("resolution is for Leiden alone", found, remedy)
    if resolution is not None:
        _validate.positive("resolution", resolution)
    coordinates = checks.coordinates(adata, _keys.SPATIAL) if n_majority else None
    number = n_clusters
    if number is None and method != "leiden":
        number = estimate_clusters(adata, use_rep=use_rep, seed=seed)
    if number == 1:  # estimated: there is nothing to tell apart
        labels = np.zeros(adata.n_obs, np.int64)
    elif method == "auto":
        labels = Voices.of(adata, use_rep).cluster(cast(int, number), seed=seed)
    elif method == "leiden":
        leiden = partial(methods.leiden, n_clusters=number, seed=seed, resolution=resolution or 1.0)
        labels = methods.on_sample(leiden, embedding, seed=seed)
    elif isinstance(method, str):
        clusterer = partial(getattr(methods, method), n_clusters=number, seed=seed)
        labels = methods.on_sample(clusterer, embedding, seed=seed)
    else:
        labels = _checked(method(embedding, n_clusters=number, seed=seed), adata.n_obs)  # it sees all cells
    if coordinates is not None:
        batch_key = checks.recorded_batch_key(adata)
        samples = None if batch_key is None else checks.samples(adata, batch_key)
        labels = by_size(methods.majority(labels, coordinates, n_majority, samples))
    share = np.bincount(labels).max() / len(labels)
    if share > _SWALLOWED and number != 1:
        logger.warning("one cluster holds %.1f %% of the cells", 100 * share)
    _warn_of_slides(adata, labels)
    names = [str(c) for c in range(int(np.max(labels)) + 1)]
    found = pd.Series(pd.Categorical.from_codes(labels, names, ordered=True), index=adata.obs_names)
    forget_clusters(adata, key_added, found)
    adata.obs[key_added] = found
    if np.shape(adata.uns.get(f"{key_added}_colors"))[:1] != (len(names),):
        adata.uns[f"{key_added}_colors"] = first_colors(len(names))


def _checked(labels: np.ndarray, n_cells: int) -> np.ndarray:
    """The labels of the user's clusterer, by falling size."""
    labels = np.asarray(labels)
    if labels.shape != (n_cells,):
        remedy = f"return one for each of the {n_cells} cells"
        raise _validate.fail("the clusterer's labels do not fit the cells", f"shape {labels.shape}", remedy)
    if labels.dtype.kind in "if" and not (labels >= 0).all():
        found = f"{int((~(labels >= 0)).sum())} labels below 0 or not a number"
        raise _validate.fail("the clusterer leaves cells out", found, "give every cell a label")
    return by_size(labels)


def _warn_of_slides(adata: AnnData, labels: np.ndarray) -> None:
    batch_key = checks.recorded_batch_key(adata)
    if batch_key is None:
        return
    shared = metrics.nmi(adata.obs[batch_key].astype(str), labels)
    if shared > _FOLLOWS:
        logger.warning(
            "clusters follow obs[%r] (mutual information %.2f of 1): an effect of the samples may be left",
            batch_key,
            shared,
        )
