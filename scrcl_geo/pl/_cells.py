"""Cells in the UMAP plane and in the tissue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo.pl._axes import new_axes, saved
from scrcl_geo.pl._colors import Palette, group_colors
from scrcl_geo.pl._docs import documented

if TYPE_CHECKING:
    from anndata import AnnData
    from matplotlib.axes import Axes


@documented
def umap(
    adata: AnnData,
    *,
    color: str = _keys.CLUSTERS,
    palette: Palette = None,
    ax: Axes | None = None,
    save: str | Path | None = None,
    **kwargs: Any,
) -> Axes:
    """Cells in the UMAP plane, coloured by cluster, gene or any column of ``obs``.

    Parameters
    ----------
    color
        Column of ``obs`` or gene.
    {groups}
    {ax}
    **kwargs
        Passed to :func:`scanpy.pl.embedding`.

    {axes}

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> sg.tl.umap(adata, use_rep="X_scrcl_pca")
    >>> ax = sg.pl.umap(adata, color="domain")
    """
    import scanpy as sc

    _validate.key(adata.obsm, _keys.UMAP, slot="obsm", do="run sg.tl.umap(adata) first")
    _known_color(adata, color)
    ax = ax or new_axes()
    colors = _palette(adata, color, palette)
    sc.pl.embedding(adata, _keys.UMAP, color=color, palette=colors, ax=ax, show=False, **kwargs)
    ax.set(xlabel="UMAP1", ylabel="UMAP2")
    return saved(ax, save)


@documented
def spatial(
    adata: AnnData,
    *,
    color: str = _keys.CLUSTERS,
    spatial_key: str = _keys.SPATIAL,
    palette: Palette = None,
    ax: Axes | None = None,
    save: str | Path | None = None,
    **kwargs: Any,
) -> Axes:
    """Cells at their position in the tissue, coloured by cluster, gene or any column of ``obs``.

    The tissue image is drawn below them where ``uns["spatial"]`` holds one, as scanpy and squidpy read it.
    Slides whose coordinates overlap are drawn on top of each other: pass one slide at a time.

    Parameters
    ----------
    color
        Column of ``obs`` or gene.
    spatial_key
        Key of ``obsm`` with the coordinates.
    {groups}
    {ax}
    **kwargs
        Passed to :func:`squidpy.pl.spatial_scatter`.

    {axes}

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> ax = sg.pl.spatial(sg.datasets.toy(n_slides=1), color="domain")
    """
    import scanpy as sc
    import squidpy as sq
    from matplotlib.colors import ListedColormap

    checks.coordinates(adata, spatial_key)
    _known_color(adata, color)
    ax = ax or new_axes()
    if not _has_image(adata, spatial_key):
        # points, with a marker as wide as the typical spacing
        kwargs = {"shape": None, "size": min(120.0, 2e4 / max(adata.n_obs, 1)), **kwargs}
    colors = _palette(adata, color, palette)
    with sc.settings.verbosity.override("error"):  # it asks for a tissue image where there is none
        sq.pl.spatial_scatter(
            adata,
            color=color,
            spatial_key=spatial_key,
            palette=None if colors is None else ListedColormap(colors),
            ax=ax,
            **kwargs,
        )
    ax.set_aspect("equal")
    return saved(ax, save)


def _palette(adata: AnnData, color: str, palette: Palette) -> list[str] | None:
    """Colours of the categories; None where numbers are drawn."""
    column = adata.obs.get(color)
    if column is None or (column.dtype.kind in "iuf" and palette is None):
        return None
    return group_colors(adata, color, column.astype("category").cat.categories.size, palette)


def _has_image(adata: AnnData, spatial_key: str) -> bool:
    """Whether there is one tissue image, in the layout of scanpy's and squidpy's readers."""
    libraries = adata.uns.get(spatial_key)
    if not hasattr(libraries, "values") or len(libraries) != 1:
        return False
    (library,) = libraries.values()
    return bool(library.get("images")) and "scalefactors" in library


def _known_color(adata: AnnData, color: str) -> None:
    if color not in adata.obs and color not in adata.var_names:
        raise _validate.fail(
            f"color {color!r} is neither a column of obs nor a gene",
            _validate.shown(adata.obs.columns),
            "name one of them",
        )
