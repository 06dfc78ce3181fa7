"""An AnnData as an .h5ad file: damage and a full disk are errors of one line, not the end of the process."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrcl_geo import _validate
from scrcl_geo._files.external import refuse_external
from scrcl_geo._files.store import write_beside

if TYPE_CHECKING:
    from anndata import AnnData

IN_MEMORY = 1_000_000_000  # bytes of X up to which all of it is read
COMPRESSION: dict[str, Any] = {"compression": "gzip", "compression_opts": 1}  # a third of the size
_IMAGE = 500_000_000  # bytes up to which a file is put together in memory


def read_h5ad(path: str | Path) -> AnnData:
    """The AnnData in a file; an X of more than 1 GB stays there and is read in row chunks.

    Raises
    ------
    ScrclInputError
        The file is missing, or not a readable .h5ad file.
    """
    import anndata

    path = Path(path)
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise _validate.fail(f"cannot read {path}", found, "name an existing .h5ad file")
    try:
        refuse_external(path)
        with warnings.catch_warnings():
            # names that are not unique are reported by our own check, as an error
            warnings.filterwarnings("ignore", message=".*names are not unique", category=UserWarning)
            adata = anndata.read_h5ad(path, backed="r" if matrix_bytes(path) > IN_MEMORY else None)
    except _validate.ScrclInputError:
        raise
    except Exception as error:  # h5py and anndata raise many kinds for a damaged file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise _validate.fail(
            f"cannot read {path} as .h5ad", reason, "check that the file is complete"
        ) from error
    if adata.isbacked and tuple(adata.X.shape) != adata.shape:  # anndata compares them only in memory
        adata.file.close()
        raise _validate.fail(
            f"cannot read {path} as .h5ad",
            f"X of shape {tuple(adata.X.shape)} for {adata.n_obs} cells and {adata.n_vars} genes",
            "check that the file is complete",
        )
    return adata


def write(adata: AnnData, path: Path) -> None:
    """Write to a path that nobody reads yet."""
    if adata.isbacked:
        _write_beside_matrix(adata, path)
    elif size(adata) <= _IMAGE:
        path.write_bytes(_image(adata))
    else:
        adata.write_h5ad(path, **COMPRESSION)


def size(adata: AnnData) -> int:
    """Bytes of the arrays of an AnnData that will be written, about."""
    slots = (adata.obsm, adata.varm, adata.obsp, adata.varp, adata.layers)
    arrays = [array for slot in slots for array in slot.values()]
    if isinstance(adata.filename, Path):
        matrix = adata.filename.stat().st_size
    else:
        arrays.append(adata.X)
        matrix = 0
    return matrix + sum(_nbytes(array) for array in arrays)


def matrix_bytes(path: str | Path) -> int:
    """Size of X in memory, in bytes; 0 where the file has none of the usual form."""
    import h5py

    with h5py.File(path, "r") as file:
        x = file.get("X")
        if x is None:
            return 0
        parts = [x] if isinstance(x, h5py.Dataset) else [x[name] for name in ("data", "indices") if name in x]
        return int(sum(part.size * part.dtype.itemsize for part in parts))


def _nbytes(array: Any) -> int:
    parts = [getattr(array, name) for name in ("data", "indices", "indptr") if hasattr(array, "indptr")]
    return sum(part.nbytes for part in parts) if parts else int(getattr(array, "nbytes", 0))


def _image(adata: AnnData) -> bytes:
    """The file as bytes: HDF5 itself can end the process where the disk is full, Python's writing cannot."""
    import h5py
    from anndata.io import write_elem

    adata.strings_to_categoricals()
    with h5py.File("image", "w", driver="core", backing_store=False) as file:
        write_elem(file, "/", adata, dataset_kwargs=COMPRESSION)
        file.flush()
        return bytes(file.id.get_file_image())


def _write_beside_matrix(adata: AnnData, path: Path) -> None:
    """Copy the matrix from file to file, as it is stored, and write everything else."""
    import h5py

    with h5py.File(adata.filename, "r") as source, h5py.File(path, "w") as target:
        target.attrs.update(source.attrs)
        for name in ("X", "raw"):
            if name in source:
                source.copy(name, target)
        write_beside(target, adata)
