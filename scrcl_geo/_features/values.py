"""What the numbers in an expression matrix are, detected in one pass over its rows."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo._features.rows import on_disk, over_rows, row_sums

logger = logging.getLogger(__name__)

COUNTS, NORMALIZED, LOG, SCALED = KINDS = _keys.VALUE_KINDS
# log1p of the largest count a 64-bit float holds exactly is 36.7; of a billion, 20.7
_LARGEST_LOG = 25.0
_ROUNDING = 1e-4  # off a whole number, of one that was one
_STRAY = 0.01  # share of negative values that centring does not leave
# counts that were divided by a library size are multiples of one molecule, or have one sum
_CELLS, _MULTIPLE, _ONE_SIZE = 100, 1e-3, 0.1
# genes are ranked and components are fitted to this many cells: more would not change them visibly
SAMPLE = 50_000


@dataclass
class Scan:
    """One pass over an (N, G) matrix.

    Shapes: ``totals`` (N,) sums per cell, ``n_expressing`` (G,) cells with a value above 0, ``sample``
    (≤ 50,000, G) random cells in their order, the matrix itself where it has no more, ``sampled`` (N,) which.
    """

    range: _Range
    totals: np.ndarray
    n_expressing: np.ndarray
    sample: Any
    sampled: np.ndarray


def scan(matrix: Any, *, seed: int = 0, slot: str = "X") -> Scan:
    """Kind of the values and what choosing genes needs.

    Raises
    ------
    ScrclInputError
        A value is not finite, or all is zero.
    """
    n_cells, n_genes = matrix.shape
    chosen = np.zeros(n_cells, dtype=bool)
    chosen[np.random.default_rng(seed).permutation(n_cells)[:SAMPLE]] = True
    totals, expressing = np.empty(n_cells), np.zeros(n_genes, np.int64)
    range_ = _Range()
    sample = []
    # a matrix in memory has been checked
    look = partial(_looked_at, slot=slot if on_disk(matrix) else None, sampled=n_cells > SAMPLE)
    reading = "read" if on_disk(matrix) else None
    for rows, (seen, sums, counted, drawn) in over_rows(matrix, look, chosen, progress=reading):
        range_.join(seen)
        totals[rows] = sums
        expressing += counted
        sample.append(drawn)
    checks.some_value(range_.high > 0 or range_.low < 0, n_cells, slot)
    if n_cells <= SAMPLE:
        together = matrix if not on_disk(matrix) else matrix[:]
    else:
        together = (
            sparse.vstack(sample, format="csr") if sparse.issparse(sample[0]) else np.concatenate(sample)
        )
    return Scan(range_, totals, expressing, together, chosen)


def _looked_at(rows: Any, chosen: np.ndarray, slot: str | None, sampled: bool) -> tuple[Any, ...]:
    """Range, sums, cells per gene and drawn ones of some rows, which are checked where a slot is named."""
    if slot is not None:
        checks.structure(rows, slot)
        checks.finite(checks.stored_values(rows), slot)
    above = rows > 0
    genes = above.indices if sparse.issparse(above) else np.nonzero(above)[1]
    counted = np.bincount(genes, minlength=rows.shape[1])
    return _Range.of(rows), row_sums(rows), counted, rows[chosen] if sampled else None


def detect_values(matrix: Any) -> str:
    """Kind of the values of an (N, G) matrix, from the numbers alone.

    ``counts``: whole numbers ≥ 0, but for rounding, or numbers too large for logarithms whose cells are
    neither of one library size nor multiples of one molecule, as counts less an estimated background ·
    ``normalized``: other numbers ≥ 0, too large for logarithms · ``log``: numbers ≥ 0 that can be logarithms
    of counts · ``scaled``: fractions with many negatives among them.

    Raises
    ------
    ScrclInputError
        A few values are negative.
    """
    range_ = _Range()
    for _, seen in over_rows(matrix, _Range.of):
        range_.join(seen)
    return range_.kind()


def resolve_values(found: Scan, stated: str) -> str:
    """The kind the user states, checked against the numbers, or what they tell for ``"auto"``."""
    _validate.one_of("values", stated, ("auto", *KINDS))
    if stated == "auto":
        kind = found.range.kind()
        logger.info(
            "expression values look like %s (%s); state others with values=... or --values",
            kind,
            found.range.evidence(),
        )
        return kind
    if found.range.low < 0 and stated != SCALED:
        raise _validate.fail(
            f"values={stated!r} does not fit the matrix",
            "negative numbers",
            "state values='scaled'",
        )
    return stated


@dataclass
class _Range:
    """What the numbers seen so far tell of their kind."""

    low: float = 0.0
    high: float = 0.0
    integral: bool = True
    n_values: int = 0
    n_negative: int = 0
    totals: list[float] = field(default_factory=list)
    multiples: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Any) -> _Range:
        """What some rows of the matrix tell."""
        values = checks.stored_values(rows)
        if not values.size:
            return cls()
        low = float(values.min())
        integral = True
        if values.dtype.kind not in "iub":
            whole = np.rint(values)
            integral = bool((np.abs(values - whole) <= _ROUNDING * np.maximum(whole, 1)).all())
        n_negative = int((values < 0).sum()) if low < 0 else 0
        range_ = cls(min(0.0, low), max(0.0, float(values.max())), integral, values.size, n_negative)
        if not integral and low >= 0:
            range_._cells(sparse.csr_matrix(rows[:_CELLS]))
        return range_

    def join(self, other: _Range) -> None:
        """Take in what later rows tell."""
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        self.integral = self.integral and other.integral
        self.n_values += other.n_values
        self.n_negative += other.n_negative
        if len(self.totals) < _CELLS:
            self.totals += other.totals
            self.multiples += other.multiples

    def _cells(self, rows: sparse.csr_matrix) -> None:
        """Library sizes of some cells, and the share of their values that are multiples of the smallest."""
        for start, stop in zip(rows.indptr[:-1], rows.indptr[1:], strict=True):
            above = rows.data[start:stop]
            above = above[above > 0].astype(np.float64)
            if len(above):
                times = above / above.min()
                self.totals.append(float(above.sum()))
                self.multiples.append(float((np.abs(times - np.rint(times)) < _MULTIPLE * times).mean()))

    def kind(self) -> str:
        """The kind; see :func:`detect_values`."""
        if self.low < 0:
            if self.integral or self.n_negative < _STRAY * self.n_values:
                raise _validate.fail(
                    "counts are negative" if self.integral else "a few values are negative",
                    f"{self.n_negative:,} of {self.n_values:,}, the smallest {self.low:g}",
                    "set them to zero, name a layer of values of at least 0, or state values='scaled'",
                )
            return SCALED
        if self.integral or self._less_background:
            return COUNTS
        return LOG if self.high <= _LARGEST_LOG else NORMALIZED

    def evidence(self) -> str:
        """What the kind was told by."""
        if self.low < 0:
            return f"{self.n_negative / self.n_values:.0%} of the stored values are negative"
        what = "whole numbers" if self.integral else "fractions"
        if self._less_background:
            what += ", library sizes differ and no molecule is told: scaled by library size"
        return f"{what} up to {self.high:g}"

    @property
    def _less_background(self) -> bool:
        """Fractions that no library size has scaled."""
        if self.integral or self.high <= _LARGEST_LOG or not self.totals:
            return False
        spread = float(np.std(self.totals) / np.mean(self.totals))
        return spread > _ONE_SIZE and float(np.median(self.multiples)) < 0.5
