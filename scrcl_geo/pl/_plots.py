"""The four figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scrcl_geo import _keys, _validate

if TYPE_CHECKING:
    from anndata import AnnData
    from matplotlib.axes import Axes


def umap(
    adata: AnnData,
    *,
    color: str = _keys.CLUSTERS,
    ax: Axes | None = None,
    save: str | Path | None = None,
    **kwargs: Any,
) -> Axes:
    """Cells in the UMAP plane, coloured by cluster, gene or any column of ``obs``.

    Parameters
    ----------
    color
        Column of ``obs`` or gene.
    ax
        Axes to draw on; a new figure by default.
    save
        File to write.
    **kwargs
        Passed to :func:`scanpy.pl.umap`.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> sg.tl.umap(adata, use_rep="X_pca")
    >>> ax = sg.pl.umap(adata, color="domain")
    """
    import scanpy as sc

    _validate.key(adata.obsm, "X_umap", slot="obsm", do="run sg.tl.umap(adata) first")
    _known_color(adata, color)
    ax = ax or _axes()
    sc.pl.umap(adata, color=color, ax=ax, show=False, **kwargs)
    return _saved(ax, save)


def spatial(
    adata: AnnData,
    *,
    color: str = _keys.CLUSTERS,
    spatial_key: str = _keys.SPATIAL,
    ax: Axes | None = None,
    save: str | Path | None = None,
    **kwargs: Any,
) -> Axes:
    """Cells at their place in the tissue, coloured by cluster, gene or any column of ``obs``.

    Slides whose coordinates overlap are drawn on top of each other: pass one slide at a time.

    Parameters
    ----------
    color
        Column of ``obs`` or gene.
    spatial_key
        Key of ``obsm`` with the coordinates.
    ax
        Axes to draw on; a new figure by default.
    save
        File to write.
    **kwargs
        Passed to :func:`squidpy.pl.spatial_scatter`.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> ax = sg.pl.spatial(sg.datasets.toy(n_slides=1), color="domain")
    """
    import squidpy as sq

    _validate.coordinates(adata, spatial_key)
    _known_color(adata, color)
    ax = ax or _axes()
    # a marker as wide as the typical spacing, in points
    size = kwargs.pop("size", min(120.0, 2e4 / max(adata.n_obs, 1)))
    sq.pl.spatial_scatter(adata, color=color, spatial_key=spatial_key, shape=None, size=size, ax=ax, **kwargs)
    ax.set_aspect("equal")
    return _saved(ax, save)


def losses(
    adata: AnnData,
    *,
    key: str = _keys.RESULTS,
    ax: Axes | None = None,
    save: str | Path | None = None,
) -> Axes:
    """Weighted value of each loss term per epoch.

    Parameters
    ----------
    key
        Key of ``uns`` that :func:`scrcl_geo.tl.embed` wrote.
    ax
        Axes to draw on; a new figure by default.
    save
        File to write.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> sg.tl.embed(adata, max_epochs=2, progress=False)
    >>> ax = sg.pl.losses(adata)
    """
    results = _validate.key(adata.uns, key, slot="uns", do="run sg.tl.embed(adata) first")
    ax = ax or _axes()
    results["losses"].plot(ax=ax)
    ax.set(xlabel="epoch", ylabel="weighted loss")
    return _saved(ax, save)


def associations(
    adata: AnnData,
    *,
    n_genes: int = 5,
    key: str = _keys.ASSOCIATIONS,
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
    ax
        Axes to draw on; a new figure by default.
    save
        File to write.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> table = sg.tl.associations(adata, groupby="domain", use_rep="X_pca")
    >>> ax = sg.pl.associations(adata, n_genes=3)
    """
    table = _validate.key(adata.uns, key, slot="uns", do="run sg.tl.associations(adata) first")
    _validate.at_least("n_genes", n_genes, 1)
    groups = table["group"].unique()
    top = table.groupby("group", sort=False).head(n_genes)["names"].drop_duplicates()
    scores = table.pivot(index="names", columns="group", values="scores").loc[top, groups]
    ax = ax or _axes((1.5 + 0.45 * len(groups), 1 + 0.18 * len(top)))
    limit = float(np.nanmax(np.abs(scores.to_numpy())))
    image = ax.imshow(scores, aspect="auto", cmap="RdBu_r", vmin=-limit, vmax=limit)
    ax.set_xticks(range(len(groups)), groups)
    ax.set_yticks(range(len(top)), top, fontsize=7)
    ax.set(xlabel="cluster", title="gene associations")
    ax.figure.colorbar(image, ax=ax, label="z-score")
    return _saved(ax, save)


def _known_color(adata: AnnData, color: str) -> None:
    if color not in adata.obs and color not in adata.var_names:
        raise _validate.fail(
            f"color {color!r} is neither a column of obs nor a gene",
            _validate.shown(adata.obs.columns),
            "name one of them",
        )


def _axes(size: tuple[float, float] = (5.0, 4.0)) -> Axes:
    import matplotlib.pyplot as plt

    return plt.figure(figsize=size, layout="constrained").add_subplot()


def _saved(ax: Axes, save: str | Path | None) -> Axes:
    if save is not None:
        ax.figure.savefig(save, dpi=150)  # type: ignore[union-attr]
    return ax
