"""Clusters beside an annotation that is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from scrcl_geo import _keys, _validate
from scrcl_geo.pl._axes import new_axes, saved
from scrcl_geo.pl._docs import documented
from scrcl_geo.pl._legend import colorbar

if TYPE_CHECKING:
    from anndata import AnnData
    from matplotlib.axes import Axes


@documented
def confusion(
    adata: AnnData,
    annotation: str,
    *,
    groupby: str = _keys.CLUSTERS,
    palette: str = "Blues",
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Axes:
    """Cells of each known class in each cluster: numbers, coloured by the share of the class.

    Classes are sorted by the cluster that holds most of them, so that agreement lies on the diagonal.
    Cells without an annotation are left out.

    Parameters
    ----------
    annotation
        Column of ``obs`` with the known classes.
    groupby
        Column of ``obs`` with the clusters.
    {map}
    {ax}

    {axes}

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> adata.obs["scrcl"] = adata.obs["domain"].cat.codes
    >>> ax = sg.pl.confusion(adata, "domain")
    """
    known = _validate.key(adata.obs, annotation, slot="obs", do="name a column of known classes")
    clusters = _validate.key(adata.obs, groupby, slot="obs", do="run sg.tl.cluster(adata) first")
    known, clusters = _validate.groups(known, annotation), _validate.groups(clusters, groupby)
    counts = pd.crosstab(known, clusters)
    share = counts.div(counts.sum(axis=1), axis=0)
    order = share.to_numpy().argmax(axis=1).argsort(kind="stable")
    counts, share = counts.iloc[order], share.iloc[order]
    ax = ax or new_axes((1.5 + 0.5 * counts.shape[1], 1.0 + 0.35 * counts.shape[0]))
    image = ax.imshow(share, aspect="auto", cmap=palette, vmin=0, vmax=1)
    for row, column in zip(*counts.to_numpy().nonzero(), strict=True):
        ink = "white" if share.iat[row, column] > 0.5 else "black"
        ax.text(column, row, counts.iat[row, column], ha="center", va="center", color=ink, fontsize=7)
    ax.set_xticks(range(counts.shape[1]), counts.columns.astype(str))
    ax.set_yticks(range(counts.shape[0]), counts.index.astype(str))
    ax.set(xlabel=groupby, ylabel=annotation)
    colorbar(ax, image, "share of the class")
    return saved(ax, save)
