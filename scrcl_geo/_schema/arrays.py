"""Arrays, sparse matrices and tables that are read from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scrcl_geo._schema.kinds import Sizes, fits, shown

_DTYPES = {"b": "flags", "u": "whole numbers", "i": "whole numbers", "f": "numbers"}
_LARGEST = 1e30  # whose products with each other single precision still holds


def _range_fault(values: np.ndarray, least: float, most: float) -> str:
    """What is wrong with the numbers of an array: not finite, or out of bounds."""
    if values.size == 0:
        return ""
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        return "values that are not finite"
    return "" if least <= low and high <= most else f"values from {low:.3g} to {high:.3g}"


@dataclass(frozen=True)
class Array:
    """A dense array: a length per axis (a number, a name, None for any but zero), finite, within bounds."""

    shape: tuple[str | int | None, ...]
    dtypes: str = "f"
    least: float = -_LARGEST
    most: float = _LARGEST
    finite: bool = True

    def faults(self, value: Any, where: str, sizes: Sizes) -> tuple[str, str, str] | None:
        """See :class:`scrcl_geo._schema.kinds.Kind`."""
        if not isinstance(value, np.ndarray):
            return where, shown(value), "an array"
        if value.dtype.kind not in self.dtypes:
            words = " or ".join(dict.fromkeys(_DTYPES[letter] for letter in self.dtypes))
            return where, f"an array of {value.dtype}", f"of {words}"
        right = value.ndim == len(self.shape)
        if not right or not all(fits(*pair, sizes) for pair in zip(self.shape, value.shape, strict=True)):
            expected = " × ".join(str(sizes.get(str(s), s) or "some") for s in self.shape)
            return where, f"an array of {' × '.join(map(str, value.shape)) or 'no axis'}", expected
        fault = _range_fault(value, self.least, self.most) if self.finite else ""
        return (where, fault, f"{self.least:.3g} to {self.most:.3g}") if fault else None


@dataclass(frozen=True)
class Weights:
    """A square sparse matrix of finite weights that are not negative: a graph."""

    size: str

    def faults(self, value: Any, where: str, sizes: Sizes) -> tuple[str, str, str] | None:
        """See :class:`scrcl_geo._schema.kinds.Kind`."""
        from scipy import sparse

        if not sparse.issparse(value) or value.format not in ("csr", "csc") or value.dtype.kind not in "fiub":
            return where, shown(value), "a sparse matrix of numbers"
        n = sizes.get(self.size, value.shape[0])
        if value.shape != (n, n):
            return where, f"a matrix of {value.shape[0]} × {value.shape[1]}", f"{n} × {n}"
        try:
            value.check_format(full_check=True)
        except (ValueError, TypeError) as error:
            return where, str(error), "a sound sparse matrix"
        fault = _range_fault(value.data, 0, _LARGEST)
        return (where, fault, "weights from 0") if fault else None


@dataclass(frozen=True)
class Column:
    """A column of a table: text, or numbers, which may be missing where ``finite`` is not asked for."""

    text: bool = False
    finite: bool = False

    def faults(self, value: Any, where: str, sizes: Sizes) -> tuple[str, str, str] | None:
        """See :class:`scrcl_geo._schema.kinds.Kind`."""
        from pandas.api import types

        if self.text:
            sound = value.notna().all() and all(isinstance(name, str) for name in value.unique())
            return None if sound else (where, f"a column of {value.dtype}", "of text")
        if not types.is_numeric_dtype(value.dtype) or types.is_bool_dtype(value.dtype):
            return where, f"a column of {value.dtype}", "of numbers"
        numbers = value.to_numpy(dtype=np.float64, na_value=np.nan)
        known = numbers[~np.isnan(numbers)]
        fault = _range_fault(numbers if self.finite else known, -_LARGEST, _LARGEST)
        return (where, fault, "numbers") if fault else None


@dataclass(frozen=True)
class Table:
    """A table with columns that must be there and others that may be; ``others`` is what all the rest are."""

    required: Mapping[str, Column] = field(default_factory=dict)
    optional: Mapping[str, Column] = field(default_factory=dict)
    others: Column | None = None
    empty: bool = False

    def faults(self, value: Any, where: str, sizes: Sizes) -> tuple[str, str, str] | None:
        """See :class:`scrcl_geo._schema.kinds.Kind`."""
        import pandas as pd

        if not isinstance(value, pd.DataFrame):
            return where, shown(value), "a table"
        if not value.columns.is_unique:
            return where, "columns of one name", "a name for each"
        missing = [name for name in self.required if name not in value]
        if missing:
            return where, f"columns {', '.join(map(repr, value.columns)) or 'none'}", f"with {missing[0]!r}"
        if not len(value) and not self.empty:
            return where, "a table without rows", "one with some"
        for name in value:
            kind = {**self.required, **self.optional}.get(str(name), self.others)
            fault = kind.faults(value[name], f"{where}[{name!r}]", sizes) if kind else None
            if fault:
                return fault
        return None
