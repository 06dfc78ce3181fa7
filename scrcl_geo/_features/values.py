"""What the numbers in an expression matrix are, detected in one pass over its rows."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo._features.rows import chunks, on_disk, row_sums

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
    (≤ 50,000, G) random cells in their order, the matrix itself where it has no more.
    """

    range: _Range
    totals: np.ndarray
    n_expressing: np.ndarray
    sample: Any


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
    reading = "read" if on_disk(matrix) else None
    for rows, part in chunks(matrix, progress=reading):
        if on_disk(matrix):
            checks.structure(part, slot)
            checks.finite(checks.stored_values(part), slot)
        range_.update(part)
        totals[rows] = row_sums(part)
        above = part > 0
        counted = above.indices if sparse.issparse(above) else np.nonzero(above)[1]
        expressing += np.bincount(counted, minlength=n_genes)
        if n_cells > SAMPLE:
            sample.append(part[chosen[rows]])
    checks.some_value(range_.high > 0 or range_.low < 0, n_cells, slot)
    if n_cells <= SAMPLE:
        together = matrix if not on_disk(matrix) else matrix[:]
    else:
        together = (
            sparse.vstack(sample, format="csr") if sparse.issparse(sample[0]) else np.concatenate(sample)
        )
    return Scan(range_, totals, expressing, together)


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
    for _, part in chunks(matrix):
        range_.update(part)
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

    def update(self, matrix: Any) -> None:
        """Take in rows of the matrix."""
        values = checks.stored_values(matrix)
        if not values.size:
            return
        self.low = min(self.low, float(values.min()))
        self.high = max(self.high, float(values.max()))
        self.n_values += values.size
        if self.low < 0:
            self.n_negative += int((values < 0).sum())
        if self.integral and values.dtype.kind not in "iub":
            whole = np.rint(values)
            self.integral = bool((np.abs(values - whole) <= _ROUNDING * np.maximum(whole, 1)).all())
        if not self.integral and self.low >= 0 and len(self.totals) < _CELLS:
            self._cells(sparse.csr_matrix(matrix[:_CELLS]))

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
