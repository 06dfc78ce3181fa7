"""What domains are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks

if TYPE_CHECKING:
    from anndata import AnnData


def domain_composition(
    adata: AnnData,
    annotation: str,
    *,
    groupby: str = _keys.CLUSTERS,
    batch_key: str | None = None,
    key_added: str = _keys.CLUSTERS,
) -> pd.DataFrame:
    """Types of cells in each domain: numbers, shares and enrichment.

    Enrichment is the number of cells over the number expected if domains had the types of their sample. It
    has no p-value, since neighbouring cells are no independent draws: what tells is in how many samples a
    type is enriched.

    Parameters
    ----------
    annotation
        Column of ``obs`` with the types.
    groupby
        Column of ``obs`` with the domains.
    batch_key
        Column of ``obs`` with the samples; by default the one that the graph was made with.
    key_added
        What the result is named after.

    Returns
    -------
    pandas.DataFrame
        A row per domain and type: ``group``, ``type``, ``n_cells``, ``share`` of the domain's cells,
        ``share_of_type``, ``log2_enrichment``, ``n_samples`` that have both, ``n_enriched`` of these. Also
        written to ``uns["scrcl_domain_composition"]``. Cells without domain or type are left out.

    Raises
    ------
    ScrclInputError
        No such columns.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_cells=100)
    >>> adata.obs["type"] = ["inner" if d in ("layer_4", "layer_5") else "outer" for d in adata.obs["domain"]]
    >>> table = sg.tl.domain_composition(adata, "type", groupby="domain", batch_key="slide")
    >>> table.query("group == 'layer_5' and type == 'inner'")["share"].item()
    1.0
    """
    types = _validate.key(adata.obs, annotation, slot="obs", do="name a column of cell types")
    groups = _validate.key(adata.obs, groupby, slot="obs", do="run sg.tl.cluster(adata) first")
    batch_key = batch_key or checks.recorded_batch_key(adata)
    samples = np.zeros(adata.n_obs, int) if batch_key is None else checks.samples(adata, batch_key)
    known = (types.notna() & groups.notna()).to_numpy()
    if not known.any():
        raise _validate.fail(f"no cell has both {groupby!r} and {annotation!r}", "none", "name other columns")
    type_, group = (
        column[known].astype("category").cat.remove_unused_categories() for column in (types, groups)
    )
    shape = (samples.max() + 1, group.cat.categories.size, type_.cat.categories.size)
    counts = np.zeros(shape)
    np.add.at(counts, (samples[known], group.cat.codes.to_numpy(), type_.cat.codes.to_numpy()), 1)
    of_group, of_type = counts.sum(axis=2, keepdims=True), counts.sum(axis=1, keepdims=True)
    expected = of_group * of_type / np.maximum(counts.sum(axis=(1, 2), keepdims=True), 1)
    present = expected > 0
    total = counts.sum(axis=0)
    table = pd.DataFrame(
        {
            "group": np.repeat(group.cat.categories.astype(str), shape[2]),
            "type": np.tile(type_.cat.categories.astype(str), shape[1]),
            "n_cells": total.ravel().astype(np.int64),
            "share": (total / total.sum(axis=1, keepdims=True)).ravel(),
            "share_of_type": (total / total.sum(axis=0)).ravel(),
            "log2_enrichment": np.log2((total + 0.5) / (expected.sum(axis=0) + 0.5)).ravel(),
            "n_samples": present.sum(axis=0).ravel(),
            "n_enriched": (present & (counts > expected)).sum(axis=0).ravel(),
        }
    )
    table.index = table.index.astype(str)  # the form in which it reads back from .h5ad
    adata.uns[f"{key_added}_domain_composition"] = table
    return table
