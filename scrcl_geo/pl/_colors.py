"""Colours that a figure is asked for, finds or takes from our palette."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from scrcl_geo._palette import PALETTE
from scrcl_geo._schema.kinds import Items, Such, check

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
