"""Where a matrix lies in a file, so that another process can open it and read some of its rows."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy import sparse


@dataclass(frozen=True)
class Place:
    """An array or a sparse matrix by rows, ``name``, in an HDF5 file or a zarr folder."""

    path: Path
    name: str
    n_columns: int

    def read(self, rows: slice) -> Any:
        """Some rows, dense or CSR. No more than them is read: of pointers, there is one for each cell."""
        with self._opened() as file:
            stored = file[self.name]
            if hasattr(stored, "dtype"):
                return stored[rows]
            pointers = stored["indptr"][rows.start : rows.stop + 1]
            inside = slice(int(pointers[0]), int(pointers[-1]))
            parts = (stored["data"][inside], stored["indices"][inside], pointers - pointers[0])
            return sparse.csr_matrix(parts, shape=(len(pointers) - 1, self.n_columns))

    def _opened(self) -> Any:
        if self.path.is_dir():
            import zarr

            return nullcontext(zarr.open_group(self.path, mode="r"))
        import h5py

        return h5py.File(self.path, "r")


def place_of(matrix: Any) -> Place | None:
    """The place of a matrix that is backed by an .h5ad file or a .zarr folder; None where there is none."""
    if getattr(matrix, "format", "csr") != "csr":
        return None
    stored = getattr(matrix, "group", matrix)
    if hasattr(stored, "file"):
        path = stored.file.filename
    elif hasattr(stored, "store"):
        path = getattr(stored.store, "root", None)  # of a local folder alone
    else:
        return None
    return Place(Path(path).resolve(), stored.name, matrix.shape[1]) if path is not None else None
