"""Where figures are drawn and saved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GAP = 0.15  # inches between panels


def new_axes(size: tuple[float, float] = (5.0, 4.0)) -> Axes:
    """Axes of a new figure, ``size`` in inches."""
    import matplotlib.pyplot as plt

    return plt.figure(figsize=size, layout="constrained").add_subplot()


def panels(n: int, n_columns: int, size: tuple[float, float]) -> list[Axes]:
    """``n`` axes of ``size`` inches in a new figure, row by row; :func:`fit` puts them at their place."""
    import matplotlib.pyplot as plt

    width, height = n_columns * size[0], -(-n // n_columns) * size[1]
    figure = plt.figure(figsize=(width, height))
    axes = []
    for i in range(n):
        row, column = divmod(i, n_columns)
        corner = column * size[0] / width, 1 - (row + 1) * size[1] / height
        axes.append(figure.add_axes((*corner, size[0] / width, size[1] / height)))
    return axes


def fit(axes: Sequence[Axes], n_columns: int) -> None:
    """Place the axes of a grid so that nothing overlaps, and make the figure as large as that needs.

    Legends, colour bars and labels move the axes apart and never make them smaller.
    """
    figure = cast("Figure", axes[0].get_figure(root=True))
    size = np.array(size_of(axes[0]))
    cells = [divmod(i, n_columns) for i in range(len(axes))]
    before, after = np.zeros((2, len(axes))), np.zeros((2, len(axes)))  # inches that columns, rows need
    for ax, (row, column) in zip(axes, cells, strict=True):
        ax.apply_aspect()
        inner = ax.get_position(original=True).transformed(figure.transFigure).get_points() / figure.dpi
        box = ax.get_tightbbox()
        outer = inner if box is None else box.get_points() / figure.dpi
        left, low = inner[0] - outer[0]
        right, high = outer[1] - inner[1]
        before[0, column], after[0, column] = max(before[0, column], left), max(after[0, column], right)
        before[1, row], after[1, row] = max(before[1, row], high), max(after[1, row], low)  # rows run down
    n = np.array([min(n_columns, len(axes)), -(-len(axes) // n_columns)])
    starts = [
        _GAP / 2
        + np.cumsum(before[d] + np.r_[0, after[d, :-1]] + np.r_[0, np.full(len(axes) - 1, _GAP + size[d])])
        for d in (0, 1)
    ]
    whole = [starts[d][n[d] - 1] + size[d] + after[d, n[d] - 1] + _GAP / 2 for d in (0, 1)]
    for ax, (row, column) in zip(axes, cells, strict=True):
        bottom = whole[1] - starts[1][row] - size[1]
        ax.set_position(
            (starts[0][column] / whole[0], bottom / whole[1], size[0] / whole[0], size[1] / whole[1])
        )
    figure.set_size_inches(*whole)


def size_of(ax: Axes) -> tuple[float, float]:
    """Width and height of axes in inches."""
    width, height = ax.figure.get_size_inches()  # type: ignore[union-attr]
    place = ax.get_position(original=True)
    return place.width * width, place.height * height


def saved(ax: Axes, save: str | Path | None) -> Axes:
    """The axes; the figure is written to ``save`` where it is given, as its ending says."""
    write(ax, save)
    return ax


def write(ax: Axes, save: str | Path | None) -> None:
    """Write the figure of some axes: pixels or, as .pdf or .svg, shapes whose text stays text."""
    import matplotlib as mpl

    if save is not None:
        with mpl.rc_context({"pdf.fonttype": 42, "ps.fonttype": 42, "svg.fonttype": "none"}):
            ax.figure.savefig(save, dpi=150, bbox_inches="tight")  # type: ignore[union-attr]


def one_or_all(axes: Sequence[Axes]) -> Axes | list[Axes]:
    """The axes themselves where there is one, else the list."""
    return axes[0] if len(axes) == 1 else list(axes)
