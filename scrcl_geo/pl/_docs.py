"""Parameters that every figure shares, described once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])

_SHARED = {
    "groups": """palette
        Colours of the groups: a list, or the name of a matplotlib colour map. By default those that scanpy
        stored, else colours that colour-blind eyes tell apart too.""",
    "map": """palette
        Name of a matplotlib colour map.""",
    "ax": """ax
        Axes to draw on; a new figure by default.
    save
        File to write.""",
    "match": """match
        Column of ``obs`` with known classes: each group gets the colour of the class that it matches.""",
    "panels": """ax
        Axes to draw on, a list where there are several panels; a new figure by default.
    save
        File to write.""",
    "axes": """Returns
    -------
    matplotlib.axes.Axes
        The axes.""",
    "all_axes": """Returns
    -------
    matplotlib.axes.Axes or list
        The axes; a list where there are several panels.""",
}


def documented(function: F) -> F:
    """Fill ``{groups}``, ``{ax}`` and the other shared parts into a figure's docstring.

    Python without docstrings (``-OO``) has nothing to fill.
    """
    if function.__doc__ is not None:
        for name, text in _SHARED.items():
            function.__doc__ = function.__doc__.replace(f"{{{name}}}", text)
    return function
