"""Bioconductor's ``SingleCellExperiment`` in an ``.rds`` file, as in the Hemberg lab's collection."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrcl_geo import _validate
from scrcl_geo.datasets.prepare._layout import layout
from scrcl_geo.datasets.prepare._r_matrix import r_matrix

if TYPE_CHECKING:
    from anndata import AnnData

_ASSAYS = ("counts", "normcounts", "logcounts")  # the rawest one there is
_DEPTH = 8


def convert(files: Sequence[Path], *, label: str = "cell_type1", label_key: str = "cell_type") -> AnnData:
    """One file; genes × cells in an assay, the annotation in the column ``label`` of ``colData``."""
    import rdata

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # S4 classes come as plain objects, which is what is wanted
        stored = rdata.read_rds(files[0])
    lists = [values for values in _lists(stored) if values]
    name = next((assay for assay in _ASSAYS if any(assay in values for values in lists)), None)
    if name is None:
        found = _validate.shown([key for values in lists for key in values])
        raise _validate.fail(f"no expression in {files[0]}", found, "take the file as published")
    assay = next(values[name] for values in lists if name in values)
    labels = next((values[label] for values in lists if label in values), None)
    if labels is None:
        found = _validate.shown([key for values in lists for key in values])
        raise _validate.fail(f"no column {label!r} in {files[0]}", found, "name another one as label")
    matrix, genes, cells = r_matrix(assay)
    return layout(matrix, cells=cells, genes=genes, labels={label_key: labels})


def _lists(stored: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Every ``listData`` in an S4 object: the assays and the columns of cells and genes."""
    if depth > _DEPTH:
        return
    parts = stored if isinstance(stored, dict) else getattr(stored, "__dict__", {})
    for name, value in parts.items():
        if str(name) == "listData" and isinstance(value, dict):
            yield {str(key): entry for key, entry in value.items()}
        if isinstance(value, dict) or (hasattr(value, "__dict__") and not hasattr(value, "dtype")):
            yield from _lists(value, depth + 1)
