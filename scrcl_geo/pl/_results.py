"""Losses and gene associations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo.pl._axes import new_axes, saved
from scrcl_geo.pl._colors import Palette, colors
from scrcl_geo.pl._docs import documented

if TYPE_CHECKING:
    from anndata import AnnData
    from matplotlib.axes import Axes


@documented
def losses(
    adata: AnnData,
    *,
    key: str = _keys.RESULTS,
    palette: Palette = None,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Axes:
    """Weighted value of each loss term per epoch.

    Parameters
    ----------
    key
        Key of ``uns`` that :func:`scrcl_geo.tl.embed` wrote.
    palette
        Colours of the lines: a list, or the name of a matplotlib colour map.
    {ax}

    {axes}

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> sg.tl.embed(adata, max_epochs=2, progress=False)
    >>> ax = sg.pl.losses(adata)
    """
    results = _validate.key(adata.uns, key, slot="uns", do="run sg.tl.embed(adata) first")
    ax = ax or new_axes()
    results["losses"].plot(ax=ax, color=colors(results["losses"].shape[1], palette))
    ax.set(xlabel="epoch", ylabel="weighted loss")
    return saved(ax, save)


@documented
def associations(
    adata: AnnData,
    *,
    n_genes: int = 5,
    key: str = _keys.ASSOCIATIONS,
    palette: str = "RdBu_r",
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Axes:
    """Heat map of the top genes of each cluster: association scores, genes × clusters.

    Parameters
    ----------
    n_genes
        Genes per cluster.
    key
        Key of ``uns`` with the table of :func:`scrcl_geo.tl.associations`.
    palette
        Name of a matplotlib colour map, for values on both sides of zero.
    {ax}

    {axes}

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> table = sg.tl.associations(adata, groupby="domain", use_rep="X_scrcl_pca")
    >>> ax = sg.pl.associations(adata, n_genes=3)
    """
    table = _validate.key(adata.uns, key, slot="uns", do="run sg.tl.associations(adata) first")
    _validate.at_least("n_genes", n_genes, 1)
    groups = table["group"].unique()
    top = table.groupby("group", sort=False).head(n_genes)["names"].drop_duplicates()
    scores = table.pivot(index="names", columns="group", values="scores").loc[top, groups]
    ax = ax or new_axes((1.5 + 0.45 * len(groups), 1 + 0.18 * len(top)))
    limit = float(np.nanmax(np.abs(scores.to_numpy())))
    image = ax.imshow(scores, aspect="auto", cmap=palette, vmin=-limit, vmax=limit)
    ax.set_xticks(range(len(groups)), groups)
    ax.set_yticks(range(len(top)), top, fontsize=7)
    ax.set(xlabel="cluster", title="gene associations")
    ax.figure.colorbar(image, ax=ax, label="z-score")
    return saved(ax, save)
