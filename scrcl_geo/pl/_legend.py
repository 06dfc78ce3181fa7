"""What colours mean, said beside the axes, whose size stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scrcl_geo.pl._axes import size_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROWS = 16  # entries of a legend below each other


def beside(ax: Axes, names: Sequence[str], colors: Sequence[str], title: str | None = None) -> None:
    """Legend of groups to the right of the axes."""
    from matplotlib.lines import Line2D

    dots = [
        Line2D([], [], marker="o", linestyle="", color=color, label=name)
        for name, color in zip(names, colors, strict=True)
    ]
    ax.legend(
        handles=dots,
        title=title,
        loc="upper left",
        bbox_to_anchor=(1.02, 1.0),
        borderaxespad=0.0,
        frameon=False,
        ncols=-(-len(dots) // _ROWS),
    )


def colorbar(ax: Axes, mappable: Any, label: str = "", *, gap: float = 0.08) -> None:
    """Colour bar to the right of the axes, ``gap`` inches away, as tall as they are."""
    width, _ = size_of(ax)
    bar = ax.inset_axes((1.0 + gap / width, 0.0, 0.14 / width, 1.0))
    ax.figure.colorbar(mappable, cax=bar, label=label)
