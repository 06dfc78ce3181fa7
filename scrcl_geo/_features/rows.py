"""Rows of an expression matrix, a chunk at a time, wherever they lie: in memory or in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from scrcl_geo._features.place import place_of
from scrcl_geo._features.workers import client_at_hand, worked_on

_CHUNK_ENTRIES = 4_000_000  # 16 MB of float32 where a chunk is made dense
_READ_ENTRIES = 32_000_000  # a file is read in larger strokes


def on_disk(matrix: Any) -> bool:
    """Whether a matrix lies in a file and only the rows that are asked for come to memory."""
    return not (sparse.issparse(matrix) or isinstance(matrix, np.ndarray))


def chunks(matrix: Any, *, progress: str | None = None) -> Iterator[tuple[slice, Any]]:
    """Slices of rows with these rows, dense or CSR; a file is read once, in order.

    Shapes: ``matrix`` (N, G): NumPy, SciPy sparse, or backed by .h5ad or .zarr.
    """
    if sparse.issparse(matrix) and matrix.format != "csr":
        matrix = matrix.tocsr()
    elif on_disk(matrix) and getattr(matrix, "format", "csr") != "csr":
        matrix = matrix.to_memory().tocsr()  # columns on disk cannot be read by rows
    for rows in _slices(matrix, progress):
        yield rows, matrix[rows]


def over_rows(
    matrix: Any, function: Callable[..., Any], *by_row: np.ndarray, progress: str | None = None
) -> Iterator[tuple[slice, Any]]:
    """Slices of rows with what a function makes of these rows, in order.

    ``function(rows, *values)`` takes a chunk, dense or CSR, and the chunk's part of each array in ``by_row``.
    It stands in a module and keeps nothing: where :func:`on_workers` is at work and the matrix lies in a
    file, it is called there. Shapes: ``matrix`` (N, G), ``by_row`` (N, …) each.
    """
    client, place = client_at_hand(), place_of(matrix) if on_disk(matrix) else None
    if client is not None and place is not None:
        parts = ((rows, tuple(a[rows] for a in by_row)) for rows in _slices(matrix, progress))
        yield from worked_on(client, place, parts, function)
        return
    for rows, part in chunks(matrix, progress=progress):
        yield rows, function(part, *(a[rows] for a in by_row))


def in_memory(matrix: Any, columns: np.ndarray, *, progress: str | None = None) -> tuple[Any, np.ndarray]:
    """Some columns as float32, CSR or as dense as they were, and the sums of all columns per row.

    Nothing is copied that is already in this form. Shapes: ``matrix`` (N, G), ``columns`` mask (G,) →
    (N, columns), (N,) float64.
    """
    if not on_disk(matrix):
        matrix = matrix.tocsr() if sparse.issparse(matrix) else matrix
        totals = row_sums(matrix)
        chosen = matrix if columns.all() else matrix[:, columns]
        return chosen.astype(np.float32, copy=False), totals
    parts, totals = [], np.empty(matrix.shape[0])
    for rows, (part, sums) in over_rows(matrix, partial(_chosen, columns=columns), progress=progress):
        totals[rows] = sums
        parts.append(part)
    if sparse.issparse(parts[0]):
        return _stacked(parts), totals
    return np.concatenate(parts), totals


def row_sums(matrix: Any) -> np.ndarray:
    """Sum of each row, (N,) float64."""
    return np.asarray(matrix.sum(axis=1, dtype=np.float64)).reshape(-1)


def column_sums(matrix: Any, power: int = 1) -> np.ndarray:
    """Sum of each column's values to a power, (G,) float64, without a float64 copy of the matrix."""
    total = np.zeros(matrix.shape[1])
    for _, sums in over_rows(matrix, partial(_powers_summed, power=power)):
        total += sums
    return total


def _slices(matrix: Any, progress: str | None) -> Iterator[slice]:
    from scrcl_geo._progress import track

    entries = _READ_ENTRIES if on_disk(matrix) else _CHUNK_ENTRIES
    n_rows, n_columns = matrix.shape
    step = max(1, entries // max(1, n_columns))
    starts = range(0, n_rows, step)
    for start in track(starts, progress, total=len(starts)) if progress else starts:
        yield slice(start, min(start + step, n_rows))


def _chosen(rows: Any, columns: np.ndarray) -> tuple[Any, np.ndarray]:
    return rows[:, columns].astype(np.float32), row_sums(rows)


def _powers_summed(rows: Any, power: int) -> np.ndarray:
    if not sparse.issparse(rows):
        return np.asarray((rows.astype(np.float64) ** power).sum(axis=0))
    weights = rows.data.astype(np.float64) ** power
    return np.bincount(rows.indices, weights=weights, minlength=rows.shape[1])


def _stacked(parts: list[sparse.csr_matrix]) -> sparse.csr_matrix:
    """One CSR matrix of many, emptying the list: at most one array is held twice."""
    shape = (sum(part.shape[0] for part in parts), parts[0].shape[1])
    ends = np.cumsum([part.nnz for part in parts])
    width = np.int64 if ends[-1] > np.iinfo(np.int32).max else np.int32
    starts = np.concatenate([[0], ends[:-1]])
    pointers = [part.indptr[1:] + start for part, start in zip(parts, starts, strict=True)]
    indptr = np.concatenate([[0], *pointers]).astype(width)
    data = np.concatenate([part.data for part in parts])
    for part in parts:
        part.data = data[:0]
    indices = np.concatenate([part.indices for part in parts]).astype(width, copy=False)
    parts.clear()
    return sparse.csr_matrix((data, indices, indptr), shape)
