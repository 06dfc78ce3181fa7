"""Input errors in their one form, and the checks of single values.

Every message says what is wrong, what was found and what to do.
"""

from __future__ import annotations

from collections.abc import Collection
from numbers import Integral, Real
from typing import Any

LARGEST_SEED = 100_000_000  # seeds of single starts are multiples of it and must fit in 32 bits


class ScrclInputError(ValueError):
    """Input that cannot be used; the message is one line and names the remedy."""


def fail(wrong: str, found: str, do: str) -> ScrclInputError:
    """The error for one wrong input, in the one form all messages share."""
    return ScrclInputError(" ".join(f"{wrong}: found {found}; {do}.".split()))


def shown(names: Collection[Any], limit: int = 8) -> str:
    """A short list of names for a message: at most ``limit`` of them."""
    if not len(names):
        return "none"
    head = ", ".join(repr(str(name)) for name in list(names)[:limit])
    return head + (f" and {len(names) - limit} more" if len(names) > limit else "")


def key(mapping: Any, name: str, *, slot: str, do: str | None = None) -> Any:
    """``mapping[name]``, or an error that lists the keys there are."""
    if name not in mapping:
        raise fail(
            f"{slot}[{name!r}] is missing",
            shown(list(mapping.keys())),
            do or f"name an existing key of {slot}",
        )
    return mapping[name]


def groups(column: Any, name: str, *, slot: str = "obs") -> Any:
    """A column as categories that have cells, or an error where no cell has one."""
    found = column.astype("category").cat.remove_unused_categories()
    if not len(found.cat.categories):
        raise fail(f"{slot}[{name!r}] says nothing", "no cell with a value", "name another column")
    return found


def one_of(name: str, value: Any, choices: Collection[Any]) -> None:
    """``value`` is one of ``choices``."""
    if value not in choices:
        raise fail(f"{name} is not known", repr(value), f"choose one of {shown(choices)}")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real)


def at_least(name: str, value: float, minimum: float, *, whole: bool = True) -> None:
    """``value`` is a number of at least ``minimum``, a whole one unless told otherwise."""
    if not (_is_number(value) and value >= minimum):
        raise fail(f"{name} is too small", repr(value), f"choose a number of at least {minimum}")
    if whole and not isinstance(value, Integral):
        raise fail(f"{name} is no whole number", repr(value), "pass an int")


def within(name: str, value: float, least: float, most: float) -> None:
    """``value`` is a number from ``least`` to ``most``."""
    if not (_is_number(value) and least <= value <= most):
        raise fail(f"{name} is out of range", repr(value), f"choose a number from {least} to {most}")


def positive(name: str, value: float) -> None:
    """``value`` is a finite number above zero."""
    if not (_is_number(value) and 0 < value < float("inf")):
        raise fail(f"{name} is not positive", repr(value), "choose a number above zero")


def unique(name: str, values: Collection[Any]) -> None:
    """No value occurs twice."""
    if len(set(values)) < len(values):
        raise fail(f"{name} are not unique", shown(values), "name each differently")


def n_clusters(value: int | None, n_cells: int) -> None:
    """A number of clusters that ``n_cells`` cells can be split into; None asks for an estimate."""
    if value is None:
        return
    at_least("n_clusters", value, 2)
    if value > n_cells:
        raise fail(
            "fewer cells than clusters",
            f"{n_cells} cells for n_clusters={value}",
            "choose fewer clusters",
        )
