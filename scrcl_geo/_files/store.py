"""An AnnData in an open store of h5py or zarr: its matrix by blocks of rows, and all that is beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from anndata import AnnData

_CHUNK = 1 << 18  # values
_ANNDATA: dict[str, Any] = {"encoding-type": "anndata", "encoding-version": "0.1.0"}


@contextmanager
def new_h5ad(path: Path) -> Iterator[Any]:
    """The group of a new HDF5 file."""
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs.update(_ANNDATA)
        yield file


@contextmanager
def new_zarr(path: Path) -> Iterator[Any]:
    """The group of a new zarr folder, of the format that anndata writes."""
    import anndata
    import zarr

    yield zarr.open_group(path, mode="w", attributes=_ANNDATA, zarr_format=anndata.settings.zarr_write_format)


def write_beside(group: Any, adata: AnnData, options: Mapping[str, Any] | None = None) -> None:
    """Write everything of an AnnData but X and raw; ``options`` are of each dataset."""
    from anndata.io import write_elem

    for name in ("obs", "var"):
        write_elem(group, name, getattr(adata, name), dataset_kwargs=options or {})
    for name in ("obsm", "varm", "obsp", "varp", "layers", "uns"):
        write_elem(group, name, dict(getattr(adata, name)), dataset_kwargs=options or {})


def write_blocks(
    group: Any, name: str, blocks: Iterator[sparse.csr_matrix], options: Mapping[str, Any] | None = None
) -> None:
    """Write blocks of rows below each other as one CSR matrix.

    Memory holds one block and a number per row. Shapes: (n, G) each, one at least, of one type.
    """
    from anndata.io import sparse_dataset, write_elem

    both = {"indptr_dtype": np.int64, "chunks": (_CHUNK,), **(options or {})}
    write_elem(group, name, next(blocks), dataset_kwargs=both)
    matrix = sparse_dataset(group[name])
    for block in blocks:
        matrix.append(block)
