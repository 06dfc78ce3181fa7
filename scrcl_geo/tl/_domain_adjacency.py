"""Which domains touch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks

if TYPE_CHECKING:
    from anndata import AnnData


def domain_adjacency(
    adata: AnnData,
    *,
    groupby: str = _keys.CLUSTERS,
    batch_key: str | None = None,
    n_permutations: int = 200,
    key_added: str = _keys.CLUSTERS,
    seed: int = 0,
) -> pd.DataFrame:
    """Links between domains in the spatial graph, by :func:`squidpy.gr.nhood_enrichment`.

    The z-score compares the links with those between cells whose domains are permuted within samples. Since
    a domain lies together, it is high within a domain and low between most; ``share_of_border`` says which
    other domains one touches.

    Parameters
    ----------
    groupby
        Column of ``obs`` with domains, or with any types of cells.
    batch_key
        Column of ``obs`` with the samples; by default the one that the graph was made with.
    n_permutations
        Permutations of the domains.
    key_added
        What the result is named after.
    seed
        Of the permutations.

    Returns
    -------
    pandas.DataFrame
        A row per pair of domains: ``group``, ``neighbor``, ``n_links`` from cells of the one to cells of the
        other, ``share_of_border`` (of the group's links to other domains; NaN within a domain), ``zscore``.
        Also written to ``uns["scrcl_domain_adjacency"]``.

    Raises
    ------
    ScrclInputError
        No spatial graph, or fewer than two domains.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=400)
    >>> sg.pp.spatial_neighbors(adata)
    >>> table = sg.tl.domain_adjacency(adata, groupby="domain")
    >>> touching = table.query("group == 'layer_1'").set_index("neighbor")["share_of_border"]
    >>> touching.idxmax()
    'layer_2'
    """
    import squidpy as sq
    from anndata import AnnData

    groups = _validate.key(adata.obs, groupby, slot="obs", do="run sg.tl.cluster(adata) first")
    remedy = "run sg.pp.spatial_neighbors(adata) first"
    links = _validate.key(adata.obsp, _keys.SPATIAL_CONNECTIVITIES, slot="obsp", do=remedy)
    _validate.at_least("n_permutations", n_permutations, 2)
    batch_key = batch_key or checks.recorded_batch_key(adata)
    known = groups.notna().to_numpy()
    group = groups[known].astype("category").cat.remove_unused_categories()
    names = group.cat.categories.astype(str)
    if len(names) < 2:
        raise _validate.fail(
            f"obs[{groupby!r}] has one domain", _validate.shown(names), "name a column of more"
        )
    helper = AnnData(obs=pd.DataFrame({"group": group}))
    if batch_key is not None:
        helper.obs["sample"] = pd.Categorical(checks.samples(adata, batch_key)[known])
    helper.obsp[_keys.SPATIAL_CONNECTIVITIES] = links[known][:, known].tocsr()
    with np.errstate(divide="ignore", invalid="ignore"):  # pairs that no permutation links
        found = sq.gr.nhood_enrichment(
            helper,
            "group",
            connectivity_key=_keys.SPATIAL_GRAPH,
            library_key=None if batch_key is None else "sample",
            n_perms=n_permutations,
            seed=seed,
            n_jobs=1,
            show_progress_bar=False,
            copy=True,
        )
    n_links = np.asarray(found.counts, np.int64)
    border = n_links - np.diag(np.diag(n_links))
    share = border / np.maximum(border.sum(axis=1, keepdims=True), 1)
    np.fill_diagonal(share, np.nan)
    table = pd.DataFrame(
        {
            "group": np.repeat(names, len(names)),
            "neighbor": np.tile(names, len(names)),
            "n_links": n_links.ravel(),
            "share_of_border": share.ravel(),
            "zscore": found.zscore.ravel(),
        }
    )
    table.index = table.index.astype(str)  # the form in which it reads back from .h5ad
    adata.uns[f"{key_added}_domain_adjacency"] = table
    return table
