"""The same cells in coarser and finer clusters, and how these split."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scrcl_geo import _keys, _validate
from scrcl_geo.tl._cluster import cluster
from scrcl_geo.tl._stability import cluster_stability
from scrcl_geo.tl._stale import forget_clusters, partition_columns

if TYPE_CHECKING:
    from anndata import AnnData


def partitions(
    adata: AnnData,
    n_clusters: Sequence[int] | None = None,
    *,
    resolutions: Sequence[float] | None = None,
    method: str = "auto",
    use_rep: str = _keys.EMBEDDING,
    key_added: str = _keys.CLUSTERS,
    n_repeats: int = 10,
    seed: int = 0,
) -> pd.DataFrame:
    """Cluster the embedding into several numbers of clusters, without training, and relate them.

    Parameters
    ----------
    adata
        With the embedding of :func:`embed`.
    n_clusters
        Numbers of clusters; the first is the one that ``obs["scrcl"]`` holds.
    resolutions
        Resolutions of Leiden instead; the first likewise.
    method, use_rep
        See :func:`cluster`.
    key_added
        Column to write; the others are named after it.
    n_repeats
        Draws for the stability; see :func:`cluster_stability`.
    seed
        Of the clusterer and of the draws.

    Returns
    -------
    pandas.DataFrame
        The cluster tree: one row per cluster and finer cluster that share cells, columns ``coarse``,
        ``coarse_group``, ``fine``, ``fine_group`` (str), ``n_cells`` int64, ``share_of_coarse`` and
        ``share_of_fine`` float64. Also written to ``uns["scrcl_partitions"]``, a dict: ``keys`` (columns of
        ``obs``, coarse to fine), ``tree``, ``stability`` (DataFrame ``key``, ``group``, ``n_cells``,
        ``stability``) and ``seed``; each partition to ``obs["scrcl_5"]``, … or ``obs["scrcl_r0.5"]``, …, the
        first also to ``obs["scrcl"]``. Columns of an earlier call are removed, unless they were edited since.

    Raises
    ------
    ScrclInputError
        No embedding, numbers that the cells cannot be split into, both or neither of the two lists, or a
        column of the user's in the place of one of ours.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> tree = sg.tl.partitions(adata, [3, 5], use_rep="X_scrcl_pca", method="kmeans", n_repeats=2)
    >>> int(tree["n_cells"].sum())
    100
    """
    if (n_clusters is None) == (resolutions is None):
        raise _validate.fail("what to cluster into is not clear", "both or neither", "pass one list")
    asked: list[Any] = [*(n_clusters or ()), *(resolutions or ())]
    _validate.at_least("partitions", len(asked), 1)
    _validate.unique("partitions", asked)
    if resolutions is None:
        for number in asked:
            _validate.n_clusters(number, adata.n_obs)
        settings = {f"{key_added}_{k}": {"n_clusters": k, "method": method} for k in asked}
    else:
        for value in asked:
            _validate.positive("resolution", value)
        _validate.unique("resolutions, of six digits each,", [f"{r:g}" for r in asked])
        settings = {f"{key_added}_r{r:g}": {"resolution": r, "method": "leiden"} for r in asked}

    ours = partition_columns(adata, key_added)
    for key in settings:
        if key in adata.obs and key not in ours:
            remedy = "rename it, or pass another key_added"
            raise _validate.fail(f"obs[{key!r}] is taken", "a column that is not of partitions", remedy)
    columns, stability = {}, []
    for key, how in settings.items():
        cluster(adata, use_rep=use_rep, key_added=key, seed=seed, **how)
        columns[key] = adata.obs[key]
        again = {name: value for name, value in how.items() if name != "n_clusters"}
        table = cluster_stability(
            adata, groupby=key, use_rep=use_rep, n_repeats=n_repeats, seed=seed, **again
        )
        stability.append(table.assign(key=key)[["key", "group", "n_cells", "stability"]])
    keys = sorted(columns, key=lambda key: columns[key].nunique())
    for key in ours - set(keys):
        del adata.obs[key]
        adata.uns.pop(f"{key}_colors", None)
    first = next(iter(settings))
    forget_clusters(adata, key_added, columns[first])
    adata.obs[key_added] = columns[first]
    adata.uns[f"{key_added}_colors"] = adata.uns[f"{first}_colors"]
    tree = _tree(adata, keys)
    adata.uns[_named(key_added)] = {
        "keys": keys,
        "tree": tree,
        "stability": _numbered(pd.concat(stability)),
        "seed": seed,
    }
    return tree


def _tree(adata: AnnData, keys: list[str]) -> pd.DataFrame:
    """Cells shared by the clusters of each partition and of the next finer one."""
    rows = []
    for coarse, fine in pairwise(keys):
        table = pd.crosstab(adata.obs[coarse], adata.obs[fine])
        for a, b in zip(*np.nonzero(table.to_numpy()), strict=True):
            n_cells = int(table.iloc[a, b])
            rows.append(
                {
                    "coarse": coarse,
                    "coarse_group": str(table.index[a]),
                    "fine": fine,
                    "fine_group": str(table.columns[b]),
                    "n_cells": n_cells,
                    "share_of_coarse": n_cells / table.iloc[a].sum(),
                    "share_of_fine": n_cells / table.iloc[:, b].sum(),
                }
            )
    columns = ["coarse", "coarse_group", "fine", "fine_group", "n_cells", "share_of_coarse", "share_of_fine"]
    return _numbered(pd.DataFrame(rows, columns=columns))


def _named(key_added: str) -> str:
    return f"{key_added}_partitions"


def _numbered(table: pd.DataFrame) -> pd.DataFrame:
    """Rows numbered by strings: the form in which a table reads back from .h5ad."""
    table.index = [str(i) for i in range(len(table))]
    return table
