"""Genes of the clusters: how many cells express them, and where."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo._features.symbols import gene_positions
from scrcl_geo.pl._axes import new_axes, saved
from scrcl_geo.pl._cells import spatial
from scrcl_geo.pl._docs import documented
from scrcl_geo.pl._log_values import log_values

if TYPE_CHECKING:
    from anndata import AnnData
    from matplotlib.axes import Axes


@documented
def dotplot(
    adata: AnnData,
    *,
    n_genes: int = 3,
    groupby: str = _keys.CLUSTERS,
    key: str = _keys.ASSOCIATIONS,
    palette: str = "Reds",
    ax: Axes | None = None,
    save: str | Path | None = None,
    **kwargs: Any,
) -> Axes:
    """Top genes of each cluster: mean log expression as colour, share of cells that express it as size.

    Genes have their symbols where ``var`` has them.

    Parameters
    ----------
    n_genes
        Genes per cluster.
    groupby
        Column of ``obs`` with the clusters.
    key
        Key of ``uns`` with the table of :func:`scrcl_geo.tl.associations`.
    {map}
    {ax}
    **kwargs
        Passed to :func:`scanpy.pl.dotplot`; ``dendrogram=True`` draws the tree of the clusters in the
        embedding, ``standard_scale="var"`` scales each gene to its largest mean.

    Returns
    -------
    matplotlib.axes.Axes
        The axes of the dots.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> table = sg.tl.associations(adata, groupby="domain", use_rep="X_scrcl_pca")
    >>> ax = sg.pl.dotplot(adata, groupby="domain")
    """
    import scanpy as sc
    from anndata import AnnData

    table = _validate.key(adata.uns, key, slot="uns", do="run sg.tl.associations(adata) first")
    groups = _validate.groups(
        _validate.key(adata.obs, groupby, slot="obs", do="name a column of clusters"), groupby
    )
    _validate.at_least("n_genes", n_genes, 1)
    top = table.groupby("group", sort=False).head(n_genes)
    genes = list(top["names"].unique())
    shown = AnnData(log_values(adata, genes).tocsr(), obs=groups.to_frame())
    shown.var_names = genes
    if kwargs.get("dendrogram"):
        rep = adata.obsm[_keys.EMBEDDING] if _keys.EMBEDDING in adata.obsm else shown.X.toarray()
        shown.obsm["rep"] = np.asarray(rep)
        sc.tl.dendrogram(shown, groupby, use_rep="rep")
    ax = ax or new_axes((3.0 + 0.35 * len(top), 2.2 + 0.3 * groups.nunique()))
    names = {group: list(part["names"]) for group, part in top.groupby("group", sort=False)}
    axes = sc.pl.dotplot(shown, names, groupby=groupby, cmap=palette, ax=ax, show=False, **kwargs)
    dots = axes["mainplot_ax"]
    if "symbols" in top:
        symbols = dict(zip(top["names"], top["symbols"], strict=True))
        along = dots.yaxis if kwargs.get("swap_axes") else dots.xaxis
        along.set_ticklabels([symbols[label.get_text()] for label in along.get_ticklabels()])
    saved(ax, save)
    return dots


@documented
def gene(
    adata: AnnData,
    name: str,
    *,
    use_rep: str | None = None,
    spatial_key: str = _keys.SPATIAL,
    key: str = _keys.GENES,
    palette: Sequence[str] = ("viridis", "RdBu_r"),
    ax: Sequence[Axes] | None = None,
    save: str | Path | None = None,
    **kwargs: Any,
) -> tuple[Axes, Axes]:
    """A gene in the tissue: its log expression, beside its association with each cell.

    Parameters
    ----------
    name
        Gene, one of those in use, or its symbol.
    use_rep
        Key of ``obsm`` that the gene embeddings were made from; by default as in
        :func:`scrcl_geo.tl.associations`.
    spatial_key
        Key of ``obsm`` with the coordinates.
    key
        Key of ``varm`` with the gene embeddings of :func:`scrcl_geo.tl.associations`.
    palette
        Names of two matplotlib colour maps.
    ax
        Two axes to draw on; a new figure by default.
    save
        File to write.
    **kwargs
        Passed to :func:`scrcl_geo.pl.spatial`.

    Returns
    -------
    tuple of matplotlib.axes.Axes
        The axes of expression and of association.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> table = sg.tl.associations(adata, groupby="domain", use_rep="X_scrcl_pca")
    >>> left, right = sg.pl.gene(adata, table["names"].iloc[0], use_rep="X_scrcl_pca")
    """
    import matplotlib.pyplot as plt
    from anndata import AnnData

    checks.coordinates(adata, spatial_key)
    embedding = _validate.key(adata.varm, key, slot="varm", do="run sg.tl.associations(adata) first")
    expression = log_values(adata, [name]).toarray()[:, 0]
    direction = np.asarray(embedding)[gene_positions(adata.var, [name])[0]]
    if not direction.any():
        raise _validate.fail(f"gene {name!r} has no association", "it is not in use", "name one of the table")
    use_rep = use_rep or (_keys.REFINED if _keys.REFINED in adata.obsm else _keys.EMBEDDING)
    cells = np.asarray(_validate.key(adata.obsm, use_rep, slot="obsm", do="run sg.tl.embed(adata) first"))
    if cells.shape[1] != len(direction):
        found = f"{cells.shape[1]} dimensions in obsm['{use_rep}'], {len(direction)} in varm['{key}']"
        raise _validate.fail(
            "cells and genes lie in two spaces", found, "pass the use_rep of tl.associations"
        )
    association = (cells - cells.mean(axis=0)) @ direction
    shown = AnnData(
        obs={"expression": expression, "association": association},
        obsm={spatial_key: np.asarray(adata.obsm[spatial_key])},
    )
    if ax is None:
        ax = plt.figure(figsize=(9.0, 4.0), layout="constrained").subplots(1, 2)
    limit = float(np.abs(association).max())
    left, right = ax
    draw = partial(spatial, shown, spatial_key=spatial_key, **kwargs)
    draw(color="expression", title=f"{name}: expression", ax=left, cmap=palette[0])
    scale: dict[str, Any] = {"cmap": palette[1], "vmin": -limit, "vmax": limit}
    draw(color="association", title=f"{name}: association", ax=right, **scale)
    saved(left, save)
    return left, right
