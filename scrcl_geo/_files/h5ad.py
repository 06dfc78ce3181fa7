"""An AnnData as an .h5ad file, put down so that a full disk is an error and not the end of the process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anndata import AnnData

_IMAGE = 500_000_000  # bytes up to which a file is put together in memory


def write(adata: AnnData, path: Path) -> None:
    """Write to a path that nobody reads yet."""
    if adata.isbacked:
        _write_beside_matrix(adata, path)
    elif size(adata) <= _IMAGE:
        path.write_bytes(_image(adata))
    else:
        adata.write_h5ad(path)


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


def _nbytes(array: Any) -> int:
    parts = [getattr(array, name) for name in ("data", "indices", "indptr") if hasattr(array, "indptr")]
    return sum(part.nbytes for part in parts) if parts else int(getattr(array, "nbytes", 0))


def _image(adata: AnnData) -> bytes:
    """The file as bytes: HDF5 itself can end the process where the disk is full, Python's writing cannot."""
    import h5py
    from anndata.io import write_elem

    adata.strings_to_categoricals()
    with h5py.File("image", "w", driver="core", backing_store=False) as file:
        write_elem(file, "/", adata)
        file.flush()
        return bytes(file.id.get_file_image())


def _write_beside_matrix(adata: AnnData, path: Path) -> None:
    """Copy the matrix from file to file, as it is stored, and write everything else."""
    import h5py
    from anndata.io import write_elem

    with h5py.File(adata.filename, "r") as source, h5py.File(path, "w") as target:
        target.attrs.update(source.attrs)
        for name in ("X", "raw"):
            if name in source:
                source.copy(name, target)
        for name in ("obs", "var"):
            write_elem(target, name, getattr(adata, name))
        for name in ("obsm", "varm", "obsp", "varp", "layers", "uns"):
            write_elem(target, name, dict(getattr(adata, name)))
