"""AnnData in a zarr store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scrcl_geo._files import h5ad

if TYPE_CHECKING:
    from anndata import AnnData


def read_zarr(path: Path) -> AnnData:
    """The AnnData in a zarr folder; a sparse X of more than 1 GB stays there and is read in row chunks."""
    import anndata
    import zarr
    from anndata.io import read_elem, sparse_dataset

    store = zarr.open_group(path, mode="r")
    matrix = store.get("X")
    if not isinstance(matrix, zarr.Group) or _bytes(matrix) <= h5ad.IN_MEMORY:
        return anndata.read_zarr(path)
    parts = {name: read_elem(store[name]) for name in store if name != "X"}
    return anndata.AnnData(sparse_dataset(matrix), **parts)


def _bytes(group: object) -> int:
    """Size of a sparse matrix in memory."""
    return sum(group[name].size * group[name].dtype.itemsize for name in ("data", "indices"))  # type: ignore[index]
