"""One colouring of some cells, and the panels that a figure of several has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scrcl_geo import _validate
from scrcl_geo._features import checks
from scrcl_geo._features.symbols import gene_positions
from scrcl_geo.pl._colors import Palette, group_colors, matched_colors
from scrcl_geo.pl._legend import beside, colorbar

if TYPE_CHECKING:
    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.colors import ListedColormap


@dataclass
class Panel:
    """Values of some cells and how they are coloured.

    Shapes: ``rows`` (n,) positions in the AnnData, ``values`` (n,); ``colors`` of the categories that these
    cells have, None where numbers are drawn.
    """

    color: str
    title: str
    rows: np.ndarray
    values: pd.Series
    colors: list[str] | None
    legend: dict[str, str] | None  # of all categories, in the last panel of a colouring
    last: bool
    library: str | None
    limits: dict[str, float]  # of numbers, the same on all slides

    @property
    def colormap(self) -> ListedColormap | None:
        """The colours as squidpy takes them."""
        from matplotlib.colors import ListedColormap

        return None if self.colors is None else ListedColormap(self.colors)

    def cells(self, *, obsm: dict[str, Any], uns: dict[str, Any] | None = None) -> AnnData:
        """Just what is drawn, so that nothing is written to the user's AnnData."""
        from anndata import AnnData

        places = {key: np.asarray(value)[self.rows] for key, value in obsm.items()}
        return AnnData(obs=pd.DataFrame({self.color: self.values}), obsm=places, uns=uns or {})

    def explain(self, ax: Axes, options: dict[str, Any]) -> None:
        """Legend or colour bar beside the last panel of a colouring, unless the caller placed one."""
        if not self.last or "legend_loc" in options or {"colorbar", "colorbar_loc"} & set(options):
            return
        if self.legend is not None:
            beside(ax, list(self.legend), list(self.legend.values()))
        else:
            colorbar(ax, ax.collections[-1])


def panels_of(
    adata: AnnData,
    color: str | Sequence[str],
    *,
    library_key: str | None = None,
    match: str | None = None,
    palette: Palette = None,
    options: dict[str, Any],
) -> list[Panel]:
    """A panel for each colouring and slide; slides of one colouring have one scale.

    ``layer``, ``use_raw`` and ``title`` are taken out of ``options``.
    """
    layer, use_raw = options.pop("layer", None), bool(options.pop("use_raw", False))
    title = options.pop("title", None)
    wanted = [color] if isinstance(color, str) else list(color)
    _validate.at_least("colours", len(wanted), 1)
    slides: list[tuple[str | None, np.ndarray]] = [(None, np.arange(adata.n_obs))]
    if library_key is not None:
        codes = checks.samples(adata, library_key)
        names = adata.obs[library_key].astype("category").cat.remove_unused_categories().cat.categories
        slides = [(str(name), np.flatnonzero(codes == i)) for i, name in enumerate(names)]
    found = []
    for one in wanted:
        values = _values(adata, one, layer=layer, use_raw=use_raw)
        groups = values.dtype.kind not in "iuf" or (palette is not None and one in adata.obs)
        chosen: dict[str, str] | None = None
        limits: dict[str, float] = {}
        if not groups:
            limits = {"vmin": float(np.nanmin(values)), "vmax": float(np.nanmax(values))}
        else:
            values = values.astype("category")
            chosen = _chosen(adata, one, values, match, palette)
        for i, (library, rows) in enumerate(slides):
            own = values.iloc[rows]
            present = None
            if chosen is not None:
                own = own.cat.rename_categories(str).cat.remove_unused_categories()
                present = [chosen[name] for name in own.cat.categories]
            parts = [part for part in (library, one if len(wanted) > 1 or library is None else None) if part]
            found.append(
                Panel(
                    color=one,
                    title=title or ": ".join(parts),
                    rows=rows,
                    values=own,
                    colors=present,
                    legend=chosen,
                    last=i == len(slides) - 1,
                    library=library,
                    limits=limits,
                )
            )
    return found


def _chosen(
    adata: AnnData, color: str, values: pd.Series, match: str | None, palette: Palette
) -> dict[str, str]:
    """Colour of each category."""
    names = values.cat.categories
    if match is not None and match != color:
        chosen = matched_colors(adata, color, match, palette)
    else:
        chosen = group_colors(adata, color, len(names), palette)
    return dict(zip(names.astype(str), chosen, strict=True))


def _values(adata: AnnData, color: str, *, layer: str | None, use_raw: bool) -> pd.Series:
    import scanpy as sc

    if color in adata.obs:
        return adata.obs[color]
    at = gene_positions(adata.var, [color])[0]
    if at < 0:
        raise _validate.fail(
            f"color {color!r} is neither a column of obs nor a gene",
            _validate.shown(adata.obs.columns),
            "name one of them",
        )
    name = adata.var_names[at]
    return sc.get.obs_df(adata, keys=[name], layer=layer, use_raw=use_raw)[name]
