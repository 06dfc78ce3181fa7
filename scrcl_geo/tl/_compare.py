"""Do clusters or domains differ in size between conditions? Samples are counted, never cells."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrcl_geo import _keys, _validate
from scrcl_geo.tl._shares import log_ratios, pvalues, relabellings, statistics

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)

_LEVEL = 0.05


def compare(
    adata: AnnData,
    condition: str,
    sample: str,
    *,
    groupby: str = _keys.CLUSTERS,
    reference: str | None = None,
    key_added: str = _keys.CLUSTERS,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare the shares of clusters between two conditions with replicates.

    Cells of one sample are no replicates: each sample gives one share per cluster, and a p-value is the part
    of all ways to exchange the samples' conditions under which a difference as large is seen. It needs no
    model of how shares vary. The adjusted p-value bounds the chance that any cluster is called where none
    changes; beside one that doubles, another is called in 4 to 10 % of planted experiments, since shares sum
    to one. Four samples per condition are the fewest that can give one below .05; with four and four the
    smallest is .029.

    Shares sum to one: a domain that doubles lowers the shares of all others. ``log2_ratio`` is what happens
    to the share; ``log2_change``, which is tested, is the change beside that of the median cluster, and holds
    where fewer than half of the clusters change. With two clusters nobody can say which of them changed.

    Types within a domain are compared on the domain's cells: ``adata[adata.obs["scrcl"] == "3"]`` with
    ``groupby`` the column of types.

    Parameters
    ----------
    condition
        Column of ``obs`` with two conditions.
    sample
        Column of ``obs`` with the sample (animal, patient, slide) of each cell, the unit of replication:
        sections of one animal are one sample.
    groupby
        Column of ``obs`` with clusters, domains, names or types.
    reference
        Condition to compare with; by default the first category.
    key_added
        What the results are named after.
    seed
        Of the draw of exchanges, where there are more than 10,000.

    Returns
    -------
    pandas.DataFrame
        A row per cluster, by rising p-value: ``group``, ``condition``, ``reference``; the mean ``share`` and
        ``share_reference``; ``log2_ratio``, ``log2_change``, ``statistic`` (t), ``pvals``, ``pvals_adj``.
        Also written to ``uns["scrcl_comparison"]``; the shares to ``uns["scrcl_shares"]`` (DataFrame
        ``sample``, ``condition``, ``group``, ``n_cells``, ``share``).

    Raises
    ------
    ScrclInputError
        Not two conditions, a sample of both, or fewer than two samples in one.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=8, n_cells=100, n_genes=50)
    >>> adata.obs["treated"] = adata.obs["slide"].isin(["slide_1", "slide_2", "slide_3", "slide_4"])
    >>> table = sg.tl.compare(adata, "treated", "slide", groupby="domain")
    >>> bool((table["pvals_adj"] < 0.05).any())
    False
    """
    counts, conditions = _counts(adata, condition, sample, groupby)
    levels = list(conditions.cat.categories)
    reference = str(levels[0]) if reference is None else str(reference)
    _validate.one_of("reference", reference, levels)
    other = next(level for level in levels if level != reference)
    is_reference = (conditions == reference).to_numpy()
    n_reference, n_other = int(is_reference.sum()), int((~is_reference).sum())
    ratios = log_ratios(counts.to_numpy())
    changes, t = statistics(ratios, relabellings(is_reference, seed))
    raw, adjusted = pvalues(t)
    mirrored = 2 if n_reference == n_other else 1
    if mirrored / len(t) > _LEVEL:
        logger.warning(
            "%d and %d samples give no p-value below %.2f: four of each can tell",
            n_reference,
            n_other,
            mirrored / len(t),
        )
    shares = counts.div(counts.sum(axis=1), axis=0)
    logs = np.log2((counts + 0.5).div((counts + 0.5).sum(axis=1), axis=0))
    table = pd.DataFrame(
        {
            "group": counts.columns.to_numpy(),
            "condition": other,
            "reference": reference,
            "share": shares[~is_reference].mean().to_numpy(),
            "share_reference": shares[is_reference].mean().to_numpy(),
            "log2_ratio": (logs[~is_reference].mean() - logs[is_reference].mean()).to_numpy(),
            "log2_change": changes[0] / np.log(2),
            "statistic": t[0],
            "pvals": raw,
            "pvals_adj": adjusted,
        }
    ).sort_values(["pvals_adj", "pvals"], kind="stable", ignore_index=True)
    long = counts.stack().rename("n_cells").reset_index()
    long.columns = ["sample", "group", "n_cells"]
    long[["sample", "group"]] = long[["sample", "group"]].astype(str)
    long["share"] = shares.stack().to_numpy()
    long.insert(1, "condition", conditions.astype(str).loc[long["sample"]].to_numpy())
    for frame in (table, long):
        frame.index = frame.index.astype(str)  # the form in which it reads back from .h5ad
    adata.uns[f"{key_added}_comparison"] = table
    adata.uns[f"{key_added}_shares"] = long
    return table


def _counts(adata: AnnData, condition: str, sample: str, groupby: str) -> tuple[pd.DataFrame, pd.Series]:
    """Cells of each group in each sample, (S, K), and the condition of each sample."""
    do = "name a column of obs"
    columns = {
        name: _validate.key(adata.obs, key, slot="obs", do=do).astype("category")
        for name, key in (("condition", condition), ("sample", sample), ("group", groupby))
    }
    cells = pd.DataFrame(
        {name: column.cat.rename_categories(lambda value: str(value)) for name, column in columns.items()}
    ).dropna()
    cells = cells.apply(lambda column: column.cat.remove_unused_categories())
    levels = list(cells["condition"].cat.categories)
    if len(levels) != 2:
        remedy = "take the cells of two conditions"
        raise _validate.fail(f"obs[{condition!r}] must hold two conditions", _validate.shown(levels), remedy)
    own = cells.groupby("sample", observed=True)["condition"].nunique()
    if (own > 1).any():
        found = _validate.shown(own.index[own > 1])
        remedy = "name the column whose samples have one condition each"
        raise _validate.fail(f"samples of obs[{sample!r}] are in both conditions", found, remedy)
    conditions = cells.groupby("sample", observed=True)["condition"].first()
    n = conditions.value_counts()
    if n.min() < 2:
        found = ", ".join(f"{size} of {level!r}" for level, size in n.items())
        remedy = "cells are no replicates: at least two samples of each condition are needed, four to tell"
        raise _validate.fail("a condition has no replicates", found, remedy)
    counts = pd.crosstab(cells["sample"], cells["group"])
    if counts.shape[1] < 2:
        raise _validate.fail("there is nothing to compare", "one group", "name a column of more")
    return counts, conditions.loc[counts.index]
