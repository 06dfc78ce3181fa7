"""What the numbers in an expression matrix are, detected in one pass over its rows."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from scrcl_geo import _validate
from scrcl_geo._features import checks
from scrcl_geo._features.rows import chunks, on_disk, row_sums

logger = logging.getLogger(__name__)

COUNTS, NORMALIZED, LOG, SCALED = "counts", "normalized", "log", "scaled"
KINDS = (COUNTS, NORMALIZED, LOG, SCALED)
# log1p of the largest count a 64-bit float holds exactly is 36.7; of a billion, 20.7
_LARGEST_LOG = 25.0
# genes are ranked and components are fitted to this many cells: more would not change them visibly
SAMPLE = 50_000


@dataclass
class Scan:
    """One pass over an (N, G) matrix.

    Shapes: ``totals`` (N,) sums per cell, ``n_expressing`` (G,) cells with a value above 0, ``sample``
    (≤ 50,000, G) random cells in their order, the matrix itself where it has no more.
    """

    kind: str
    totals: np.ndarray
    n_expressing: np.ndarray
    sample: Any


def scan(matrix: Any, *, seed: int = 0, slot: str = "X") -> Scan:
    """Kind of the values and what choosing genes needs.

    Raises
    ------
    ScrclInputError
        A value is not finite, a count is negative, or all is zero.
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
        range_.update(checks.stored_values(part))
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
    return Scan(range_.kind(), totals, expressing, together)


def detect_values(matrix: Any) -> str:
    """Kind of the values of an (N, G) matrix, from the numbers alone.

    ``counts``: whole numbers ≥ 0 · ``normalized``: other numbers ≥ 0, too large for logarithms ·
    ``log``: numbers ≥ 0 that can be logarithms of counts · ``scaled``: fractions with negatives among them.

    Raises
    ------
    ScrclInputError
        Whole numbers with a negative among them.
    """
    range_ = _Range()
    for _, part in chunks(matrix):
        range_.update(checks.stored_values(part))
    return range_.kind()


def resolve_values(detected: str, stated: str) -> str:
    """The kind the user states, checked against the detected one, or the latter for ``"auto"``."""
    _validate.one_of("values", stated, ("auto", *KINDS))
    if stated == "auto":
        logger.info("expression values look like %s; pass values=... to state otherwise", detected)
        return detected
    if detected == SCALED and stated != SCALED:
        raise _validate.fail(
            f"values={stated!r} does not fit the matrix",
            "negative numbers",
            "state values='scaled'",
        )
    return stated


@dataclass
class _Range:
    """Smallest, largest and kind of the numbers seen so far."""

    low: float = 0.0
    high: float = 0.0
    integral: bool = True
    n_negative: int = 0

    def update(self, values: np.ndarray) -> None:
        if not values.size:
            return
        self.low = min(self.low, float(values.min()))
        self.high = max(self.high, float(values.max()))
        if self.low < 0:
            self.n_negative += int((values < 0).sum())
        if self.integral and values.dtype.kind not in "iub":
            self.integral = bool((values == np.floor(values)).all())

    def kind(self) -> str:
        if self.low < 0:
            if self.integral:
                raise _validate.fail(
                    "counts are negative",
                    f"{self.n_negative} negative whole numbers, the smallest {self.low:g}",
                    "store counts of at least 0, or name a layer that holds them",
                )
            return SCALED
        if self.integral:
            return COUNTS
        return LOG if self.high <= _LARGEST_LOG else NORMALIZED
