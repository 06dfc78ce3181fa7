"""How well each name fits each cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo.pl._axes import new_axes, saved
from scrcl_geo.pl._docs import documented
from scrcl_geo.pl._legend import colorbar

if TYPE_CHECKING:
    from anndata import AnnData
    from matplotlib.axes import Axes


@documented
def annotation(
    adata: AnnData,
    *,
    key: str = _keys.ANNOTATION,
    palette: str = "RdBu_r",
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Axes:
    """Score of each name in each cluster, as a heat map; a frame marks the name that a cluster got.

    Parameters
    ----------
    key
        Key of ``uns`` with the table of :func:`scrcl_geo.tl.annotate`.
    {map}
    {ax}

    {axes}

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=300)
    >>> markers = {f"outer {d}": [f"marker_{d}_{10 * (d - 1) + g}" for g in range(5)] for d in (1, 2)}
    >>> table = sg.tl.annotate(adata, markers, groupby="domain")
    >>> ax = sg.pl.annotation(adata)
    """
    from matplotlib.patches import Rectangle

    do = "run sg.tl.annotate(adata, markers) first"
    table = _validate.key(adata.uns, key, slot="uns", do=do)
    scores = _validate.key(adata.uns, f"{key}_scores", slot="uns", do=do)
    names, groups = scores["name"].unique(), scores["group"].unique()
    matrix = scores.pivot(index="group", columns="name", values="score").loc[groups, names]
    given = table.set_index("group")["name"].loc[groups]
    ax = ax or new_axes((2.4 + 0.45 * len(names), 1.2 + 0.3 * len(groups)))
    limit = float(np.abs(matrix.to_numpy()).max())
    image = ax.imshow(matrix, aspect="auto", cmap=palette, vmin=-limit, vmax=limit)
    for row, name in enumerate(given):
        for column in np.flatnonzero(names == name):
            ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, ec="black", lw=1.5))
    ax.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(groups)), [f"{group}: {name}" for group, name in given.items()])
    ax.set(ylabel="cluster")
    colorbar(ax, image, "score")
    return saved(ax, save)
