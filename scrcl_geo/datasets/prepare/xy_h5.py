"""HDF5 with ``X`` (cells × genes) and ``Y`` (codes of the classes), as published with scDCC and scDSSC."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scrcl_geo.datasets.prepare._layout import codes, layout

if TYPE_CHECKING:
    from anndata import AnnData


def convert(files: Sequence[Path], *, label_key: str = "cell_type") -> AnnData:
    """One file; it names neither cells nor genes nor classes."""
    import h5py

    with h5py.File(files[0]) as file:
        return layout(file["X"][()], labels={label_key: codes(file["Y"][()])})
