"""Shares of clusters in the samples of two conditions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo.pl._axes import fit, panels, saved
from scrcl_geo.pl._colors import Palette, colors
from scrcl_geo.pl._docs import documented
from scrcl_geo.pl._legend import beside

if TYPE_CHECKING:
    from anndata import AnnData
    from matplotlib.axes import Axes

_APART = 0.18  # of the two conditions from their cluster's place


@documented
def comparison(
    adata: AnnData,
    *,
    key: str = _keys.CLUSTERS,
    palette: Palette = None,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Axes:
    """Share of each cluster in each sample, a dot each, with the mean of each condition.

    The change beside the median cluster stands above, in bold with a star where its adjusted p-value is
    below .05.

    Parameters
    ----------
    key
        What :func:`scrcl_geo.tl.compare` named its results after.
    {groups}
    {ax}

    {axes}

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=8, n_cells=100, n_genes=50)
    >>> adata.obs["treated"] = adata.obs["slide"].isin(["slide_1", "slide_2", "slide_3", "slide_4"])
    >>> table = sg.tl.compare(adata, "treated", "slide", groupby="domain")
    >>> ax = sg.pl.comparison(adata)
    """
    do = "run sg.tl.compare(adata, condition, sample) first"
    table = _validate.key(adata.uns, f"{key}_comparison", slot="uns", do=do).set_index("group")
    shares = _validate.key(adata.uns, f"{key}_shares", slot="uns", do=do)
    groups = shares["group"].unique()
    conditions = table["reference"].iloc[0], table["condition"].iloc[0]
    chosen = colors(2, palette)
    ours = ax is None
    ax = ax or panels(1, 1, (0.7 * len(groups), 3.0))[0]
    for condition, color, side in zip(conditions, chosen, (-1, 1), strict=True):
        own = shares[shares["condition"] == condition].pivot(index="sample", columns="group", values="share")
        own = own.loc[:, groups]
        spread = np.linspace(-0.5, 0.5, len(own)) * _APART  # so that no dot hides another
        for x, name in enumerate(groups):
            at = x + side * _APART
            ax.scatter(at + spread, own[name], s=16, color=color, alpha=0.8, lw=0)
            ax.hlines(own[name].mean(), at - 0.15, at + 0.15, color="black", lw=1.5)
    top = shares["share"].max() * 1.06
    for x, name in enumerate(groups):
        row = table.loc[name]
        called = row["pvals_adj"] < 0.05
        text = f"{'*' if called else ''}{2 ** row['log2_change']:.2f}×"
        ax.text(x, top, text, ha="center", fontsize=8, fontweight="bold" if called else "normal")
    ax.set_xticks(range(len(groups)), groups, rotation=45, ha="right", rotation_mode="anchor")
    ax.set(ylabel="share of the sample's cells", ylim=(0, top * 1.08))
    beside(ax, list(conditions), chosen)
    if ours:
        fit([ax], 1)
    return saved(ax, save)
