"""AnnData in a zarr store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrcl_geo import _validate
from scrcl_geo._files import h5ad
from scrcl_geo._files.memory import machine_bytes

if TYPE_CHECKING:
    from anndata import AnnData


def read_zarr(path: Path) -> AnnData:
    """The AnnData in a zarr folder; a sparse X of more than 1 GB stays there and is read in row chunks."""
    import anndata
    import zarr
    from anndata.io import read_elem, sparse_dataset

    store = zarr.open_group(path, mode="r")
    matrix = store.get("X")
    stays = isinstance(matrix, zarr.Group) and _bytes(matrix) > h5ad.IN_MEMORY
    refuse_large(path, but=("X",) if stays else ())
    if not stays:
        return anndata.read_zarr(path)
    parts = {name: read_elem(store[name]) for name in store if name != "X"}
    return anndata.AnnData(sparse_dataset(matrix), **parts)


def refuse_large(path: Path, *, but: tuple[str, ...] = ()) -> None:
    """Fail where the arrays of a zarr folder, but for some groups that stay there, would not fit into memory.

    Raises
    ------
    ScrclInputError
        They would not.
    """
    import zarr

    store = zarr.open_group(path, mode="r")
    if sum(_bytes(store[name]) for name in store if name not in but) > machine_bytes():
        found = f"arrays of more than the {machine_bytes() / 1e9:.0f} GB of this machine"
        raise _validate.fail(f"cannot read {path}", found, "take fewer cells or a larger machine")


def _bytes(item: Any) -> int:
    """Size of an array, or of all in a group, in memory."""
    import zarr

    if isinstance(item, zarr.Array):
        return int(item.size * item.dtype.itemsize)
    return sum(_bytes(inner) for _, inner in item.members()) if isinstance(item, zarr.Group) else 0
