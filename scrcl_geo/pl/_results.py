"""Losses and gene associations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo.pl._axes import new_axes, saved
from scrcl_geo.pl._colors import Palette, colors
from scrcl_geo.pl._docs import documented
from scrcl_geo.pl._legend import colorbar

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
    scale: str = "none",
    key: str = _keys.ASSOCIATIONS,
    palette: str = "RdBu_r",
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Axes:
    """Heat map of the top genes of each cluster: association scores, genes × clusters.

    A bracket beside the genes says whose top genes they are; genes have their symbols where ``var`` has them.

    Parameters
    ----------
    n_genes
        Genes per cluster.
    scale
        ``"row"`` divides each gene by its largest score in size, so that strong genes do not hide the others.
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
    _validate.one_of("scale", scale, ("none", "row"))
    listed = table.groupby("group", sort=False).head(n_genes).drop_duplicates("names")
    top = listed["names"]
    scores = table.pivot(index="names", columns="group", values="scores").loc[top, groups]
    if scale == "row":
        scores = scores.div(scores.abs().max(axis=1).replace(0, 1), axis=0)
    ax = ax or new_axes((1.5 + 0.45 * len(groups), 1 + 0.18 * len(top)))
    limit = float(np.nanmax(np.abs(scores.to_numpy())))
    image = ax.imshow(scores, aspect="auto", cmap=palette, vmin=-limit, vmax=limit)
    ax.set_xticks(range(len(groups)), groups)
    ax.set_yticks(range(len(top)), listed["symbols" if "symbols" in listed else "names"], fontsize=7)
    ax.set(xlabel="cluster", title="gene associations")
    _brackets(ax, listed["group"].tolist())
    label = "z-score" if scale == "none" else "z-score over the gene's largest"
    colorbar(ax, image, label, gap=0.3 + 0.07 * max(len(str(group)) for group in groups))
    return saved(ax, save)


def _brackets(ax: Axes, groups: list[str]) -> None:
    """A bracket and a name to the right of each run of rows."""
    at = ax.get_yaxis_transform()
    for name in dict.fromkeys(groups):
        rows = [row for row, group in enumerate(groups) if group == name]
        low, high = rows[0] - 0.4, rows[-1] + 0.4
        line: dict[str, Any] = {"color": "0.3", "lw": 1, "clip_on": False, "transform": at}
        ax.plot([1.01, 1.03, 1.03, 1.01], [low, low, high, high], **line)
        ax.text(1.05, (low + high) / 2, name, transform=at, va="center", fontsize=7)
