"""Loom: ``matrix`` (genes × cells), attributes of rows and columns, as in osmFISH."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scrcl_geo import _validate
from scrcl_geo.datasets.prepare._layout import layout

if TYPE_CHECKING:
    from anndata import AnnData


def convert(
    files: Sequence[Path],
    *,
    labels: Mapping[str, str],
    cells: str = "CellID",
    genes: str = "Gene",
    spatial: Sequence[str] = (),
    only: Mapping[str, Any] | None = None,
    without: Mapping[str, Any] | None = None,
) -> AnnData:
    """One file; cells are kept where attributes equal ``only`` and differ from ``without``."""
    import h5py

    with h5py.File(files[0]) as file:
        matrix = file["matrix"][()].T
        columns = {name: _text(values[()]) for name, values in file["col_attrs"].items()}
        symbols = _text(_validate.key(file["row_attrs"], genes, slot="row_attrs")[()])
    kept = np.ones(len(matrix), dtype=bool)
    for name, value in (only or {}).items():
        kept &= _validate.key(columns, name, slot="col_attrs") == value
    for name, value in (without or {}).items():
        kept &= _validate.key(columns, name, slot="col_attrs") != value
    coordinates = np.stack([columns[name][kept] for name in spatial], axis=1) if spatial else None
    return layout(
        matrix[kept],
        cells=columns[cells][kept],
        genes=symbols,
        labels={new: columns[old][kept] for new, old in labels.items()},
        spatial=coordinates,
    )


def _text(values: np.ndarray) -> np.ndarray:
    """Bytes as text, anything else as it is."""
    if values.dtype.kind not in "SO":
        return values
    return np.array([v.decode() if isinstance(v, bytes) else v for v in values], dtype=object)
