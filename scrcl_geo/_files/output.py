"""What a command leaves: an AnnData, or the SpatialData that it came from, in the form its name states."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrcl_geo import _validate
from scrcl_geo._features.rows import chunks, on_disk
from scrcl_geo._files import atomic
from scrcl_geo._files.probe import check
from scrcl_geo._files.readers import _detect, read
from scrcl_geo._files.store import new_zarr, write_beside, write_blocks

if TYPE_CHECKING:
    from anndata import AnnData

_STORE = ("zarr.json", ".zgroup")  # what makes a folder a zarr store


def check_output(path: str | Path) -> None:
    """Fail early where an output could not be written; it ends in .h5ad or .zarr.

    Raises
    ------
    ScrclInputError
        Another ending, or a place that :func:`scrcl_geo._files.atomic.check_writable` refuses.
    """
    path = Path(path)
    if path.suffix == ".zarr":
        atomic.check_folder(path, markers=_STORE)
    elif path.suffix == ".h5ad":
        atomic.check_writable(path)
    else:
        raise _validate.fail(f"cannot write {path}", f"the ending {path.suffix!r}", "name it .h5ad or .zarr")


def open_output(path: str | Path) -> AnnData:
    """What a command left, to be updated in place: its place and its content are checked first."""
    check_output(path)
    check(path, read)
    return read(path)


def write_output(
    adata: AnnData, path: str | Path, *, source: str | Path | None = None, table: str | None = None
) -> None:
    """Write completely or not at all, as .h5ad or .zarr; from a SpatialData ``source``, a .zarr is that
    SpatialData with ``adata`` in the place of its table."""
    path = Path(path)
    if path.suffix == ".h5ad":
        atomic.write_h5ad(adata, path)
        return
    atomic.check_space(adata, path)
    if source is not None and Path(source).is_dir() and _detect.detect(source)[0] == _detect.SPATIALDATA:
        write: Any = partial(_write_spatialdata, adata, Path(source), table)
    else:
        write = partial(_write_store, adata)
    atomic.write_folder(path, partial(_into_nothing, write), markers=_STORE)


def _into_nothing(write: Any, folder: Path) -> None:
    folder.rmdir()  # the libraries create the store themselves
    write(folder)


def _write_store(adata: AnnData, folder: Path) -> None:
    """As zarr; a sparse X that lies in a file goes there by blocks of rows."""
    if not on_disk(adata.X) or getattr(adata.X, "format", None) != "csr":
        adata.write_zarr(folder)
        return
    from anndata.io import write_elem

    with new_zarr(folder) as group:
        write_blocks(group, "X", (rows for _, rows in chunks(adata.X)))
        write_beside(group, adata)
        if adata.raw is not None:
            write_elem(group, "raw", adata.raw)


def _write_spatialdata(adata: AnnData, source: Path, table: str | None, target: Path) -> None:
    import spatialdata as sd

    from scrcl_geo._files.readers._spatialdata import table_name

    data = sd.read_zarr(source)
    data.tables[table_name(data, table, source)] = adata
    data.write(target)
