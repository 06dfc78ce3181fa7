"""AnnData in a zarr store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anndata import AnnData


def read_zarr(path: Path) -> AnnData:
    """The AnnData in a zarr folder."""
    import anndata

    return anndata.read_zarr(path)
