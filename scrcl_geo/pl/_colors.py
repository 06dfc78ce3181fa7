"""Colours of clusters, the same in every figure and in the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import pandas as pd

from scrcl_geo import _validate

if TYPE_CHECKING:
    from anndata import AnnData

# The first six are Okabe and Ito's (2008); each further one was taken where it differs most, in CAM02-UCS,
# from all before it for normal, deuteranopic and protanopic eyes alike, at a lightness that reads on white
# and on black. The smallest difference is 12 among the first 13 and 8 among all 30.
PALETTE = (
    *("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9"),
    *("#8f1058", "#784018", "#97cf8f", "#7087ff", "#58d7cf", "#507050"),
    *("#585878", "#2828ff", "#408080", "#d70048", "#a7a760", "#c718a7"),
    *("#ef9fb7", "#80188f", "#38df58", "#78af97", "#9f5000", "#4068ff"),
    *("#10d7ff", "#9f80c7", "#bf7848", "#106038", "#975870", "#d77078"),
)  # fmt: skip
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
    stored = adata.uns.get(f"{key}_colors")
    if palette is None and stored is not None and len(stored) >= n:
        palette = [str(color) for color in stored]
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
