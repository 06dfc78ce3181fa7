"""How many clusters: stability and score of each number."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scrcl_geo import _keys, _validate
from scrcl_geo.pl._axes import new_axes, saved
from scrcl_geo.pl._colors import Palette, colors
from scrcl_geo.pl._docs import documented

if TYPE_CHECKING:
    from anndata import AnnData
    from matplotlib.axes import Axes


@documented
def stability(
    adata: AnnData,
    *,
    key: str = _keys.NUMBER,
    palette: Palette = None,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Axes:
    """Stability of each number of clusters, and the score by which one was chosen.

    The line is the median agreement (ARI) of clusterings of two subsamples, the band its quartiles, the bars
    the score as a share of the best, the dashed line the number chosen.

    Parameters
    ----------
    key
        Key of ``uns`` that :func:`scrcl_geo.tl.estimate_clusters` wrote.
    palette
        Colours of the line and of the number chosen: a list, or the name of a matplotlib colour map.
    {ax}

    {axes}

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata, spatial="no")
    >>> number = sg.tl.estimate_clusters(adata, use_rep="X_scrcl_pca")
    >>> ax = sg.pl.stability(adata)
    """
    from matplotlib.ticker import MaxNLocator

    estimate = _validate.key(adata.uns, key, slot="uns", do="run sg.tl.estimate_clusters(adata) first")
    table, chosen = estimate["table"], estimate["n_clusters"]
    numbers = table["n_clusters"]
    line, choice = colors(2, palette)
    ax = ax or new_axes()
    ax.bar(numbers, table["score"] / table["score"].max(), color="0.88", label="score (share of the best)")
    ax.fill_between(numbers, table["stability_low"], table["stability_high"], color=line, alpha=0.25, lw=0)
    ax.plot(numbers, table["stability"], "o-", color=line, label="stability (ARI)")
    ax.axvline(chosen, color=choice, linestyle="--", label=f"chosen: {chosen}")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="number of clusters", ylim=(min(0.0, table["stability_low"].min()), 1.05))
    ax.legend(fontsize=8)
    return saved(ax, save)
