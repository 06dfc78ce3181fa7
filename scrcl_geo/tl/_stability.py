"""Which clusters come back when cells are drawn again."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrcl_geo import _keys, _validate
from scrcl_geo.cluster import best_jaccard
from scrcl_geo.tl._cluster import cluster
from scrcl_geo.tl._rep import rep_of
from scrcl_geo.tl._voices import Clusterer, Voices

if TYPE_CHECKING:
    from anndata import AnnData

_CELLS, _SHARE = 3000, 0.8


def cluster_stability(
    adata: AnnData,
    *,
    groupby: str = _keys.CLUSTERS,
    use_rep: str = _keys.EMBEDDING,
    method: str | Clusterer = "auto",
    resolution: float | None = None,
    n_repeats: int = 10,
    seed: int = 0,
) -> pd.DataFrame:
    """Stability of each cluster: its mean Jaccard index with the cluster most like it among drawn cells.

    80 % of the cells are drawn, at most 2,400, and clustered again in the same embedding, without training;
    each cluster is compared with the most similar new one on the cells drawn. 1 says that it always comes
    back whole; clusters below 0.6 are better not interpreted.
    Source: Hennig, Computational Statistics & Data Analysis 2007.

    Parameters
    ----------
    adata
        With clusters and the embedding they were found in.
    groupby
        Column of ``obs`` with the clusters.
    use_rep
        Key of ``obsm``.
    method, resolution
        As :func:`cluster` was called with them; the number of clusters is that of ``groupby`` unless a
        resolution is given.
    n_repeats
        Draws.
    seed
        Of the draws and of the clusterer.

    Returns
    -------
    pandas.DataFrame
        Columns ``group`` str, ``n_cells`` int64, ``stability`` float64 from 0 to 1.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> sg.tl.cluster(adata, 5, use_rep="X_scrcl_pca", method="kmeans")
    >>> table = sg.tl.cluster_stability(adata, use_rep="X_scrcl_pca", method="kmeans")
    >>> table.columns.tolist()
    ['group', 'n_cells', 'stability']
    """
    from anndata import AnnData

    _validate.at_least("n_repeats", n_repeats, 1)
    whole = rep_of(adata, use_rep)
    groups = _validate.key(adata.obs, groupby, slot="obs", do="run sg.tl.cluster(adata) first")
    groups = groups.astype("category").cat.remove_unused_categories()
    codes, n_groups = groups.cat.codes.to_numpy(), len(groups.cat.categories)
    number = n_groups if resolution is None else None
    voices = Voices.of(adata, use_rep) if method == "auto" and resolution is None else None
    rng = np.random.default_rng(seed)
    pool = rng.permutation(np.flatnonzero(codes >= 0))[:_CELLS]
    n_drawn = max(2, n_groups, round(_SHARE * len(pool)))
    found = np.full((n_repeats, n_groups), np.nan)
    for repeat in range(n_repeats):
        cells = np.sort(rng.permutation(pool)[:n_drawn])
        if number == 1:  # there is nothing to tell apart
            labels = np.zeros(len(cells), np.int64)
        elif voices is not None:
            labels = voices.rows(cells).cluster(n_groups, seed=seed + repeat)
        else:
            drawn = AnnData(obs=pd.DataFrame(index=adata.obs_names[cells]))
            drawn.obsm[use_rep] = whole[cells]
            cluster(drawn, number, method=method, use_rep=use_rep, resolution=resolution, seed=seed + repeat)
            labels = drawn.obs[_keys.CLUSTERS].cat.codes.to_numpy()
        again = best_jaccard(codes[cells], labels)
        found[repeat, : len(again)] = again
    with warnings.catch_warnings():  # a cluster of a few cells may never be drawn
        warnings.simplefilter("ignore", RuntimeWarning)
        stability = np.nan_to_num(np.nanmean(found, axis=0))
    return pd.DataFrame(
        {
            "group": groups.cat.categories.astype(str),
            "n_cells": np.bincount(codes[codes >= 0], minlength=n_groups),
            "stability": stability,
        },
        index=[str(i) for i in range(n_groups)],  # the form in which it reads back from .h5ad
    )
