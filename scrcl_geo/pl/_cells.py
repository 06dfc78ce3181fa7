"""Cells in the UMAP plane and in the tissue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo.pl._axes import fit, one_or_all, panels, size_of, write
from scrcl_geo.pl._colors import Palette
from scrcl_geo.pl._docs import documented
from scrcl_geo.pl._panel import Panel, panels_of

if TYPE_CHECKING:
    from anndata import AnnData
    from matplotlib.axes import Axes

_COLUMNS = 4
_HEIGHT = 3.6  # inches of a panel
_UNITS = {"microns": "um", "pixels": "px"}


@documented
def umap(
    adata: AnnData,
    *,
    color: str | Sequence[str] = _keys.CLUSTERS,
    match: str | None = None,
    palette: Palette = None,
    ax: Axes | Sequence[Axes] | None = None,
    save: str | Path | None = None,
    **kwargs: Any,
) -> Axes | list[Axes]:
    """Cells in the UMAP plane, coloured by cluster, gene or any column of ``obs``.

    Parameters
    ----------
    color
        Column of ``obs`` or gene, or several.
    {match}
    {groups}
    {panels}
    **kwargs
        Passed to :func:`scanpy.pl.embedding`.

    {all_axes}

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
    shown = panels_of(adata, color, match=match, palette=palette, options=kwargs)
    n_columns = min(_COLUMNS, len(shown))
    axes = _axes(ax, len(shown), n_columns, (_HEIGHT * 1.15, _HEIGHT))
    for panel, own in zip(shown, axes, strict=True):
        cells = panel.cells(obsm={"X_umap": adata.obsm[_keys.UMAP]})
        style = {"legend_loc": None, "colorbar_loc": None, "title": panel.title, **panel.limits, **kwargs}
        sc.pl.umap(cells, color=panel.color, palette=panel.colors, ax=own, show=False, **style)
        panel.explain(own, kwargs)
    return _done(axes, n_columns if ax is None else None, save)


@documented
def spatial(
    adata: AnnData,
    *,
    color: str | Sequence[str] = _keys.CLUSTERS,
    library_key: str | None = None,
    match: str | None = None,
    units: str | None = None,
    spatial_key: str = _keys.SPATIAL,
    palette: Palette = None,
    ax: Axes | Sequence[Axes] | None = None,
    save: str | Path | None = None,
    **kwargs: Any,
) -> Axes | list[Axes]:
    """Cells at their position in the tissue, coloured by cluster, gene or any column of ``obs``.

    The tissue image is drawn below them where ``uns["spatial"]`` holds one, as scanpy and squidpy read it.
    Slides stand beside each other with one colour scale where ``library_key`` names them; without it, slides
    whose coordinates overlap are drawn on top of each other.

    Parameters
    ----------
    color
        Column of ``obs`` or gene, or several: a row each where there are slides.
    library_key
        Column of ``obs`` with the slide of each cell.
    {match}
    units
        Unit of the coordinates: ``"microns"`` or ``"pixels"`` draw a scale bar, ``"none"`` draws none. By
        default the unit that was recorded when the file was read.
    spatial_key
        Key of ``obsm`` with the coordinates.
    {groups}
    {panels}
    **kwargs
        Passed to :func:`squidpy.pl.spatial_scatter`.

    {all_axes}

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=2, overlap=True)
    >>> left, right = sg.pl.spatial(adata, color="domain", library_key="slide", units="microns")
    """
    import scanpy as sc
    import squidpy as sq

    place = checks.coordinates(adata, spatial_key)
    units = adata.uns.get(_keys.UNITS, "none") if units is None else units
    _validate.one_of("units", units, [*_UNITS, "none"])
    shown = panels_of(adata, color, library_key=library_key, match=match, palette=palette, options=kwargs)
    n_slides = len({panel.library for panel in shown})
    several = n_slides > 1 and len(shown) > n_slides  # a row for each colour
    n_columns = n_slides if several else min(_COLUMNS, len(shown))
    axes = _axes(ax, len(shown), n_columns, _size(place, shown))
    for panel, own in zip(shown, axes, strict=True):
        image = _image(adata.uns.get(spatial_key), panel.library)
        cells = panel.cells(obsm={spatial_key: place}, uns={spatial_key: image} if image else None)
        style: dict[str, Any] = {
            "legend_loc": None,
            "colorbar": False,
            "title": panel.title,
            **panel.limits,
        }
        if not image:
            style |= {"shape": None, "size": _marker(own, cells.obsm[spatial_key])}
        if units in _UNITS:
            style |= _scale_bar(units, 1 / _scale(image, kwargs))
        with sc.settings.verbosity.override("error"):  # it asks for a tissue image where there is none
            sq.pl.spatial_scatter(
                cells,
                color=panel.color,
                spatial_key=spatial_key,
                palette=panel.colormap,
                ax=own,
                **{**style, **kwargs},
            )
        own.set(aspect="equal", xlabel="", ylabel="")
        if units in _UNITS and not image:
            low, high = own.get_ylim()
            own.set_ylim(low + 0.1 * (low - high), high)  # the bar lies on no cell
        panel.explain(own, kwargs)
    return _done(axes, n_columns if ax is None else None, save)


def _axes(ax: Any, n: int, n_columns: int, size: tuple[float, float]) -> list[Axes]:
    """The axes given, as many as there are panels, or new ones."""
    if ax is None:
        return panels(n, n_columns, size)
    given = list(np.atleast_1d(np.asarray(ax, dtype=object)).ravel())
    if len(given) != n:
        raise _validate.fail("ax does not fit the panels", f"{len(given)} axes for {n}", "pass one for each")
    return given


def _done(axes: list[Axes], n_columns: int | None, save: str | Path | None) -> Axes | list[Axes]:
    """Written and returned; placed in so many columns where they are ours."""
    if n_columns is not None:
        fit(axes, n_columns)
    write(axes[0], save)
    return one_or_all(axes)


def _size(place: np.ndarray, shown: list[Panel]) -> tuple[float, float]:
    """Inches of a panel, as wide as the widest slide needs."""
    extents = [np.ptp(place[panel.rows, :2], axis=0) for panel in shown]
    ratio = max(float(x / y) if y else 4.0 for x, y in extents)
    return _HEIGHT * float(np.clip(ratio, 0.4, 3.0)), _HEIGHT


def _scale_bar(units: str, unit: float) -> dict[str, Any]:
    """How squidpy draws a scale bar; ``unit`` is one unit of the axes in ``units``."""
    look = {"location": "lower right", "box_alpha": 0.7, "length_fraction": 0.3}
    if units == "pixels":
        look["dimension"] = "pixel-length"
    return {"scalebar_dx": unit, "scalebar_units": _UNITS[units], "scalebar_kwargs": look}


def _marker(ax: Axes, place: np.ndarray) -> float:
    """Area of a marker in square points: a cell's part of the tissue, so that cells touch."""
    inches = size_of(ax)
    extent = np.maximum(np.ptp(place[:, :2], axis=0), 1e-12)
    points = 72 * min(side / length for side, length in zip(inches, extent, strict=True))
    part = float(np.prod(extent)) / len(place) * points**2
    return float(np.clip(part, 0.5, 200.0))


def _image(libraries: Any, library: str | None) -> dict[str, Any] | None:
    """The tissue image of a slide, in the layout of scanpy's and squidpy's readers."""
    if not hasattr(libraries, "keys"):
        return None
    name = library if library in libraries else next(iter(libraries), None)
    if name is None or (name != library and len(libraries) != 1):
        return None
    found = libraries[name]
    return {name: found} if found.get("images") and "scalefactors" in found else None


def _scale(image: dict[str, Any] | None, kwargs: dict[str, Any]) -> float:
    """What squidpy multiplies the coordinates by: with an image, its resolution."""
    if image is None:
        return float(kwargs.get("scale_factor") or 1.0)
    (found,) = image.values()
    return float(found["scalefactors"][f"tissue_{kwargs.get('img_res_key', 'hires')}_scalef"])
