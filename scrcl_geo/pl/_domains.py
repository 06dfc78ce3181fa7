"""What domains are made of, and which of them touch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo.pl._axes import fit, new_axes, panels, saved
from scrcl_geo.pl._colors import Palette, colors
from scrcl_geo.pl._docs import documented
from scrcl_geo.pl._legend import beside, colorbar

if TYPE_CHECKING:
    from anndata import AnnData
    from matplotlib.axes import Axes


@documented
def domain_composition(
    adata: AnnData,
    *,
    key: str = _keys.DOMAIN_COMPOSITION,
    palette: Palette = None,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Axes:
    """Share of each type in each domain, as stacked bars.

    Parameters
    ----------
    key
        Key of ``uns`` with the table of :func:`scrcl_geo.tl.domain_composition`.
    {groups}
    {ax}

    {axes}

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_cells=100)
    >>> table = sg.tl.domain_composition(adata, "domain", groupby="slide")
    >>> ax = sg.pl.domain_composition(adata)
    """
    do = "run sg.tl.domain_composition(adata, annotation) first"
    table = _validate.key(adata.uns, key, slot="uns", do=do)
    groups, types = table["group"].unique(), table["type"].unique()
    shares = table.pivot(index="group", columns="type", values="share").loc[groups, types].to_numpy()
    chosen = colors(len(types), palette)
    ours = ax is None
    ax = ax or panels(1, 1, (4.0, 0.3 * len(groups)))[0]
    left = np.zeros(len(groups))
    for share, color in zip(shares.T, chosen, strict=True):
        ax.barh(range(len(groups)), share, left=left, color=color, height=0.8)
        left += share
    ax.set_yticks(range(len(groups)), groups)
    ax.invert_yaxis()
    ax.set(xlabel="share of the domain's cells", ylabel="domain", xlim=(0, 1))
    beside(ax, [str(name) for name in types], chosen)
    if ours:
        fit([ax], 1)
    return saved(ax, save)


@documented
def domain_adjacency(
    adata: AnnData,
    *,
    key: str = _keys.DOMAIN_ADJACENCY,
    palette: str = "Blues",
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Axes:
    """Which other domains each domain touches: shares of its border, rows summing to one.

    Parameters
    ----------
    key
        Key of ``uns`` with the table of :func:`scrcl_geo.tl.domain_adjacency`.
    {map}
    {ax}

    {axes}

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.spatial_neighbors(adata)
    >>> table = sg.tl.domain_adjacency(adata, groupby="domain", n_permutations=10)
    >>> ax = sg.pl.domain_adjacency(adata)
    """
    table = _validate.key(adata.uns, key, slot="uns", do="run sg.tl.domain_adjacency(adata) first")
    groups = table["group"].unique()
    shares = table.pivot(index="group", columns="neighbor", values="share_of_border").loc[groups, groups]
    side = 0.8 + 0.4 * len(groups)
    ax = ax or new_axes((side + 0.8, side))
    ax.set_facecolor("0.9")  # a domain and itself
    image = ax.imshow(shares, cmap=palette, vmin=0, vmax=1)
    for row, column in np.argwhere(shares.to_numpy() >= 0.005):
        ink = "white" if shares.iat[row, column] > 0.5 else "black"
        text = f"{shares.iat[row, column]:.2f}".lstrip("0")
        ax.text(column, row, text, ha="center", va="center", color=ink, fontsize=7)
    ax.set_xticks(range(len(groups)), groups, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(groups)), groups)
    ax.set(xlabel="neighbouring domain", ylabel="domain")
    colorbar(ax, image, "share of the border")
    return saved(ax, save)
