"""Colours that a figure is asked for, finds or takes from our palette."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import pandas as pd

from scrcl_geo import _validate
from scrcl_geo._schema.kinds import Items, Such, check
from scrcl_geo.cluster._palette import PALETTE

if TYPE_CHECKING:
    from anndata import AnnData

Palette: TypeAlias = str | Sequence[str] | None


def colors(n: int, palette: Palette = None) -> list[str]:
    """``n`` colours as hex strings: our palette, a list of colours, or the name of a matplotlib colour map.

    A list shorter than ``n`` begins anew.
    """
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    if isinstance(palette, str):
        cmap = colormaps[palette]
        listed = getattr(cmap, "colors", None)
        if listed is not None and len(listed) <= 30:  # a qualitative map: its colours, in order
            palette = [to_hex(color) for color in listed]
        else:
            palette = [to_hex(cmap(i / max(n - 1, 1))) for i in range(n)]
    chosen = [to_hex(color) for color in palette or PALETTE]
    return [chosen[i % len(chosen)] for i in range(n)]


def group_colors(adata: AnnData, key: str, n: int, palette: Palette = None) -> list[str]:
    """A colour for each of the ``n`` categories of ``obs[key]``.

    What is asked for, else what scanpy left in ``uns[f"{key}_colors"]``, else our palette.
    """
    from matplotlib.colors import is_color_like

    own = adata.uns.get(f"{key}_colors")
    if palette is None and own is not None:
        place = f"uns[{f'{key}_colors'!r}]"
        check(own, Items(Such(is_color_like, "a colour")), place, do="remove it, or store colours there")
        palette = [str(color) for color in own] if len(own) >= n else None
    return colors(n, palette)


def matched_colors(adata: AnnData, key: str, annotation: str, palette: Palette = None) -> list[str]:
    """Colours for the categories of ``obs[key]``: of the classes of ``obs[annotation]`` that they match.

    The one-to-one matching that shares most cells (Hungarian method); categories without a class get colours
    that no class has.
    """
    from scipy.optimize import linear_sum_assignment

    known = _validate.key(adata.obs, annotation, slot="obs", do="name a column of known classes")
    known = known.astype("category")
    categories = adata.obs[key].astype("category").cat.categories
    counts = pd.crosstab(adata.obs[key], known).reindex(index=categories, columns=known.cat.categories)
    shared = counts.fillna(0).to_numpy()
    of_classes = group_colors(adata, annotation, shared.shape[1], palette)
    spare = [color for color in colors(len(PALETTE)) if color not in of_classes]
    rows, columns = linear_sum_assignment(-shared)
    chosen = {int(row): of_classes[column] for row, column in zip(rows, columns, strict=True)}
    unmatched = [row for row in range(len(categories)) if row not in chosen]
    chosen |= dict(zip(unmatched, colors(len(unmatched), spare or None), strict=True))
    return [chosen[row] for row in range(len(categories))]
