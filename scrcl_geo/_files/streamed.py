"""Cells of an .h5ad file that never come to memory all at once: read by blocks, copied with new columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from scipy import sparse

from scrcl_geo import _validate
from scrcl_geo._files import atomic
from scrcl_geo._files.external import refuse_external
from scrcl_geo._files.h5ad import COMPRESSION, matrix_bytes

if TYPE_CHECKING:
    import h5py
    from anndata import AnnData

_DATAFRAME, _BY_ROWS = "dataframe", ("csr_matrix", "array")
BY_BLOCKS = 150_000_000  # bytes of X from which blocks take less memory than the whole
_GAP = 64  # rows that are read in vain rather than reading twice


class StreamedCells:
    """An .h5ad file whose names and columns of obs stay in the file, as its matrix does."""

    def __init__(self, file: h5py.File, layer: str | None, columns: tuple[str, ...]) -> None:
        from anndata.io import read_elem, sparse_dataset

        self._matrix: Any = file["X"] if layer is None else file["layers"][layer]
        shaped = self._matrix if _encoding(self._matrix) == "array" else sparse_dataset(self._matrix)
        self.n_cells, self._n_genes = map(int, shaped.shape)
        self.var = pd.DataFrame(index=read_elem(file["var"]).index)
        self.obs = {name: read_elem(file["obs"][name]) for name in columns}
        self._file = file

    @classmethod
    def opened(cls, path: str | Path, *, layer: str | None = None, columns: tuple[str, ...] = ()) -> Self:
        """A file that :func:`streams` has looked at; ``columns`` of obs are read."""
        import h5py

        return cls(h5py.File(path, "r"), layer, columns)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def rows(self, cells: np.ndarray) -> AnnData:
        """Some cells, at positions that rise, named by these."""
        from anndata import AnnData

        parts = [self._run(run)[at] for run, at in _runs(cells, gap=_GAP)]
        stacked = sparse.vstack(parts, format="csr") if sparse.issparse(parts[0]) else np.concatenate(parts)
        return AnnData(stacked, pd.DataFrame(index=cells.astype(str)), self.var)

    def _run(self, run: slice) -> np.ndarray | sparse.csr_matrix:
        """Rows that follow each other; anndata's own reader holds the ends of all rows."""
        if _encoding(self._matrix) == "array":
            return self._matrix[run]
        ends = self._matrix["indptr"][run.start : run.stop + 1]
        held = slice(int(ends[0]), int(ends[-1]))
        parts = self._matrix["data"][held], self._matrix["indices"][held], ends - ends[0]
        return sparse.csr_matrix(parts, (run.stop - run.start, self._n_genes))

    def copy_with(self, path: str | Path, fill: Callable[[Added], None]) -> None:
        """Write a copy completely or not at all, to which ``fill`` adds what it finds out about the cells."""
        atomic.check_free(Path(self._file.filename).stat().st_size, path)
        atomic.write_file(path, lambda temporary: self._copy(temporary, fill))

    def _copy(self, path: Path, fill: Callable[[Added], None]) -> None:
        import h5py

        with h5py.File(path, "w") as target:
            target.attrs.update(self._file.attrs)
            for name in self._file:
                self._file.copy(name, target)
            fill(Added(target, self.n_cells))


class Added:
    """What a copy has beyond its source."""

    def __init__(self, file: h5py.File, n_cells: int) -> None:
        self._file, self._n_cells = file, n_cells

    def embedding(self, key: str, width: int) -> None:
        """A float32 array (N, width) in obsm, to be filled by :meth:`rows`."""
        slot = self._emptied("obsm", key)
        rows = min(self._n_cells, 500)  # as many as are written at once
        made = slot.create_dataset(key, (self._n_cells, width), "f4", chunks=(rows, width))
        made.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})

    def rows(self, key: str, cells: np.ndarray, embedding: np.ndarray) -> None:
        """Rows of such an array, at positions that rise."""
        for run, at in _runs(cells):
            self._file["obsm"][key][run] = embedding[np.searchsorted(cells, run.start) + at]

    def without(self, slot: str, keys: Iterable[str]) -> None:
        """Entries of a slot, or columns of obs, taken away where they are."""
        group = self._file.get(slot, {})
        gone = [key for key in keys if key in group]
        for key in gone:
            del group[key]
        if slot == "obs" and gone:
            self._order([name for name in group.attrs["column-order"] if name not in gone])

    def columns(self, columns: Mapping[str, Any]) -> None:
        """Columns of obs, in the place of those of the same name."""
        from anndata.io import write_elem

        obs = self._file["obs"]
        for name, values in columns.items():
            obs.pop(name, None)
            write_elem(obs, name, values, dataset_kwargs=COMPRESSION)
        there = [name for name in obs.attrs["column-order"] if name not in columns]
        self._order([*there, *columns])

    def _order(self, names: list[str]) -> None:
        self._file["obs"].attrs["column-order"] = np.array(names, dtype=object)

    def unstructured_keys(self) -> set[str]:
        """Names in uns."""
        return set(self._file.get("uns", ()))

    def unstructured(self, key: str, value: Any) -> None:
        """An entry of uns, in the place of one of the same name."""
        from anndata.io import write_elem

        write_elem(self._emptied("uns", key), key, value)

    def _emptied(self, slot: str, key: str) -> h5py.Group:
        """A slot, made where the source had none, without the key."""
        group = self._file.require_group(slot)
        group.attrs.update({"encoding-type": "dict", "encoding-version": "0.1.0"})
        group.pop(key, None)
        return group


def streams(path: str | Path, output: str | Path, *, layer: str | None, columns: tuple[str, ...]) -> bool:
    """Whether a file is large and of a form that can be worked on by blocks.

    Other forms (columns before rows, obs of an early anndata) are read as far as memory allows.

    Raises
    ------
    ScrclInputError
        Columns or layer that are not there, names that repeat, or parts that point into other files.
    """
    import h5py

    if not (Path(path).is_file() and Path(output).suffix == ".h5ad" and h5py.is_hdf5(path)):
        return False
    if matrix_bytes(path) <= BY_BLOCKS:
        return False
    refuse_external(path)
    with h5py.File(path, "r") as file:
        if not all(_encoding(file.get(name)) == _DATAFRAME for name in ("obs", "var")):
            return False
        for name in columns:
            _validate.key(file["obs"], name, slot="obs")
        matrix = file["X"] if layer is None else _validate.key(file["layers"], layer, slot="layers")
        return _encoding(matrix) in _BY_ROWS


def _encoding(item: Any) -> str | None:
    return None if item is None else item.attrs.get("encoding-type")


def _runs(cells: np.ndarray, gap: int = 1) -> Iterator[tuple[slice, np.ndarray]]:
    """Stretches of the file that hold ``cells``, and where in each these are; fewer than ``gap`` rows between
    two of them are read along."""
    for part in np.split(cells, np.flatnonzero(np.diff(cells) > gap) + 1):
        first, last = int(part[0]), int(part[-1])
        yield slice(first, last + 1), part - first
