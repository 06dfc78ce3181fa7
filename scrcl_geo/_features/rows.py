"""Rows of an expression matrix, a chunk at a time, wherever they lie: in memory or in a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

_CHUNK_ENTRIES = 4_000_000  # 16 MB of float32 where a chunk is made dense
_READ_ENTRIES = 32_000_000  # a file is read in larger strokes


def on_disk(matrix: Any) -> bool:
    """Whether a matrix lies in a file and only the rows that are asked for come to memory."""
    return not (sparse.issparse(matrix) or isinstance(matrix, np.ndarray))


def chunks(matrix: Any, *, progress: str | None = None) -> Iterator[tuple[slice, Any]]:
    """Slices of rows with these rows, dense or CSR; a file is read once, in order.

    Shapes: ``matrix`` (N, G): NumPy, SciPy sparse, or backed by .h5ad or .zarr.
    """
    from scrcl_geo._progress import track

    if sparse.issparse(matrix) and matrix.format != "csr":
        matrix = matrix.tocsr()
    elif on_disk(matrix) and getattr(matrix, "format", "csr") != "csr":
        matrix = matrix.to_memory().tocsr()  # columns on disk cannot be read by rows
    entries = _READ_ENTRIES if on_disk(matrix) else _CHUNK_ENTRIES
    n_rows, n_columns = matrix.shape
    step = max(1, entries // max(1, n_columns))
    starts = range(0, n_rows, step)
    for start in track(starts, progress, total=len(starts)) if progress else starts:
        rows = slice(start, min(start + step, n_rows))
        yield rows, matrix[rows]


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
    for rows, part in chunks(matrix, progress=progress):
        totals[rows] = row_sums(part)
        parts.append(part[:, columns].astype(np.float32))
    if sparse.issparse(parts[0]):
        return _stacked(parts), totals
    return np.concatenate(parts), totals


def row_sums(matrix: Any) -> np.ndarray:
    """Sum of each row, (N,) float64."""
    return np.asarray(matrix.sum(axis=1, dtype=np.float64)).reshape(-1)


def column_sums(matrix: Any, power: int = 1) -> np.ndarray:
    """Sum of each column's values to a power, (G,) float64, without a float64 copy of the matrix."""
    total = np.zeros(matrix.shape[1])
    for _, rows in chunks(matrix):
        if sparse.issparse(rows):
            weights = rows.data.astype(np.float64) ** power
            total += np.bincount(rows.indices, weights=weights, minlength=len(total))
        else:
            total += (rows.astype(np.float64) ** power).sum(axis=0)
    return total


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
