"""A small language for what a value read from a file must be, and one line where it is something else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, Protocol, cast

from scrcl_geo import _validate

Sizes = dict[str, int]
_LARGEST = 1e300
_LONGEST = 10_000  # characters


class Kind(Protocol):
    """What a value must be."""

    def faults(self, value: Any, where: str, sizes: Sizes) -> tuple[str, str, str] | None:
        """Where the first fault is, what was found and what was expected; None for a sound value.

        ``sizes`` are the lengths that names stand for; the first value of a name sets it.
        """


def check(value: Any, kind: Kind, where: str, *, do: str, sizes: Sizes | None = None) -> None:
    """Fail with one line where a value is not of a kind.

    Raises
    ------
    ScrclInputError
        It is not; the message names the place, what was found and what was expected.
    """
    fault = kind.faults(value, where, {} if sizes is None else sizes)
    if fault is not None:
        place, found, expected = fault
        raise _validate.fail(f"{place} cannot be used", f"{found}, not {expected}", do)


def shown(value: Any) -> str:
    """A value in a few words."""
    try:
        text = repr(value)
    except ValueError:  # a number of too many digits
        text = ""
    return text if 0 < len(text) <= 60 and text.isprintable() else f"a {type(value).__name__}"


def fits(size: str | int | None, length: int, sizes: Sizes) -> bool:
    """Whether a length is the one stated; None takes any but zero, a new name any at all."""
    if size is None:
        return length > 0
    return length == (sizes.setdefault(size, length) if isinstance(size, str) else size)


@dataclass(frozen=True)
class Number:
    """A number within bounds; NaN is in none."""

    least: float = -_LARGEST
    most: float = _LARGEST
    whole: bool = False

    def faults(self, value: Any, where: str, sizes: Sizes) -> tuple[str, str, str] | None:
        """See :class:`Kind`."""
        a_number = isinstance(value, Integral if self.whole else Real) and not isinstance(value, bool)
        if a_number and self.least <= cast(float, value) <= self.most:
            return None
        word = "a whole number" if self.whole else "a number"
        low, high = self.least > -_LARGEST, self.most < _LARGEST
        bounds = f" from {self.least:g} to {self.most:g}" if low and high else ""
        bounds = bounds or (f" of at least {self.least:g}" if low else "")
        return where, shown(value), word + bounds


@dataclass(frozen=True)
class Text:
    """Text that can be shown and written, one of ``choices`` where there are some."""

    choices: tuple[str, ...] = ()

    def faults(self, value: Any, where: str, sizes: Sizes) -> tuple[str, str, str] | None:
        """See :class:`Kind`."""
        if isinstance(value, str) and (value in self.choices or (not self.choices and _writable(value))):
            return None
        return where, shown(value), f"one of {_validate.shown(self.choices)}" if self.choices else "text"


def _writable(text: str) -> bool:
    surrogates = any("\ud800" <= letter <= "\udfff" for letter in text)
    return len(text) <= _LONGEST and "\0" not in text and not surrogates


@dataclass(frozen=True)
class Such:
    """Whatever passes a test, in words."""

    test: Callable[[Any], bool]
    words: str

    def faults(self, value: Any, where: str, sizes: Sizes) -> tuple[str, str, str] | None:
        """See :class:`Kind`."""
        return None if self.test(value) else (where, shown(value), self.words)


FLAG = Such(lambda value: type(value).__name__ in ("bool", "bool_"), "true or false")
ANYTHING = Such(lambda value: True, "anything")


@dataclass(frozen=True)
class Either:
    """One kind or the other."""

    first: Kind
    second: Kind

    def faults(self, value: Any, where: str, sizes: Sizes) -> tuple[str, str, str] | None:
        """See :class:`Kind`."""
        first = self.first.faults(value, where, sizes)
        second = first and self.second.faults(value, where, sizes)
        if not first or not second:
            return None
        return where, second[1], f"{first[2]} or {second[2]}"


NONE = Such(lambda value: value is None, "null")


@dataclass(frozen=True)
class Items:
    """A list, or an array of one axis, of values of one kind."""

    kind: Kind
    length: str | int | None = "any"
    unique: bool = False

    def faults(self, value: Any, where: str, sizes: Sizes) -> tuple[str, str, str] | None:
        """See :class:`Kind`."""
        if not isinstance(value, list | tuple) and getattr(value, "ndim", 0) != 1:
            return where, shown(value), "a list"
        if self.length != "any" and not fits(self.length, len(value), sizes):
            wanted = sizes.get(str(self.length), self.length)
            return where, f"{len(value)} entries", f"{wanted or 'some'}"
        for i, item in enumerate(value):
            fault = self.kind.faults(item, f"{where}[{i}]", sizes)
            if fault:
                return fault
        if self.unique and len(set(value)) < len(value):
            return where, "an entry twice", "different ones"
        return None


@dataclass(frozen=True)
class Entries:
    """A mapping of any text to values of one kind."""

    kind: Kind

    def faults(self, value: Any, where: str, sizes: Sizes) -> tuple[str, str, str] | None:
        """See :class:`Kind`."""
        if not isinstance(value, Mapping):
            return where, shown(value), "a mapping"
        for name in value:
            fault = Text().faults(name, f"a name in {where}", sizes)
            fault = fault or self.kind.faults(value[name], f"{where}[{name!r}]", sizes)
            if fault:
                return fault
        return None


@dataclass(frozen=True)
class Record:
    """A mapping with entries that must be there and others that may be; ``closed`` allows no more."""

    required: Mapping[str, Kind] = field(default_factory=dict)
    optional: Mapping[str, Kind] = field(default_factory=dict)
    closed: bool = False

    def faults(self, value: Any, where: str, sizes: Sizes) -> tuple[str, str, str] | None:
        """See :class:`Kind`."""
        if not isinstance(value, Mapping):
            return where, shown(value), "a mapping"
        missing = [name for name in self.required if name not in value]
        if missing:
            return where, _validate.shown(list(value), 4), f"with {missing[0]!r} among them"
        kinds = {**self.required, **self.optional}
        others = [name for name in value if name not in kinds]
        if self.closed and others:
            return where, shown(others[0]), f"one of {_validate.shown(list(kinds), 20)}"
        for name, kind in kinds.items():
            fault = kind.faults(value[name], f"{where}[{name!r}]", sizes) if name in value else None
            if fault:
                return fault
        return None


POSITIVE = Number(1e-30)
SHARE = Number(0, 1)
