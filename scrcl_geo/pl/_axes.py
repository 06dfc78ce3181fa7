"""Where figures are drawn and saved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def new_axes(size: tuple[float, float] = (5.0, 4.0)) -> Axes:
    """Axes of a new figure, ``size`` in inches."""
    import matplotlib.pyplot as plt

    return plt.figure(figsize=size, layout="constrained").add_subplot()


def saved(ax: Axes, save: str | Path | None) -> Axes:
    """The axes; the figure is written to ``save`` where it is given."""
    if save is not None:
        ax.figure.savefig(save, dpi=150, bbox_inches="tight")  # type: ignore[union-attr]
    return ax
