"""R's ``.rda`` with lists: matrices of counts (genes × cells), labels and tables of cells.

Parts are named by their path in the file, such as ``"Goolam/data"``.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from scrcl_geo import _validate
from scrcl_geo.datasets.prepare._layout import layout
from scrcl_geo.datasets.prepare._r_matrix import r_matrix

if TYPE_CHECKING:
    from anndata import AnnData


def convert(
    files: Sequence[Path],
    *,
    counts: str | Sequence[str],
    labels: Mapping[str, str],
    symbols: str | None = None,
    numbers: Mapping[str, str] | None = None,
    spatial: Sequence[str] = (),
    name_by_place: bool = False,
    cells_in_rows: bool = False,
    only: Mapping[str, Sequence[Any]] | None = None,
    spike_ins: str | None = None,
    min_counts: int = 0,
) -> AnnData:
    """One file; several matrices of ``counts`` are put below each other.

    Parameters
    ----------
    files
        The ``.rda`` file.
    counts
        Path of the matrix, or of several with the same cells.
    labels, numbers
        New column of ``obs`` and the path it comes from.
    symbols
        Path of the names of genes, where the matrix has identifiers; those go to ``var["gene_ids"]``.
    spatial
        Paths of x and y.
    name_by_place
        Name cells "XxY" where the file names them by number alone.
    cells_in_rows
        The matrices are cells × genes.
    only
        Path of a column and the values of it with which cells are kept.
    spike_ins
        What names of molecules begin with that were added to every cell; they are left out.
    min_counts
        Cells with fewer counts than this are left out, such as wells without a cell.
    """
    data = read_r(files[0])
    paths = [counts] if isinstance(counts, str) else list(counts)
    stored = [part(data, path) for path in paths]
    matrices = [r_matrix(matrix.T if cells_in_rows else matrix) for matrix in stored]
    coordinates = (
        np.stack([np.asarray(part(data, path), float) for path in spatial], axis=1) if spatial else None
    )
    cells = matrices[0][2]
    if name_by_place and coordinates is not None:
        cells = [f"{x:.0f}x{y:.0f}" for x, y in coordinates]
    elif cells is not None and len(set(cells)) < len(cells):
        cells = None  # the file names classes, not cells
    genes = np.concatenate([names for _, names, _ in matrices])
    first = np.arange(len(genes))
    if len(matrices) > 1:  # a gene in two matrices is taken once
        first = np.sort(np.unique(genes, return_index=True)[1])
    adata = layout(
        sparse.hstack([matrix for matrix, _, _ in matrices], format="csr")[:, first],
        cells=cells,
        genes=genes[first] if symbols is None else part(data, symbols),
        labels={key: np.asarray(part(data, path), dtype=object) for key, path in labels.items()},
        numbers={key: part(data, path) for key, path in (numbers or {}).items()},
        spatial=coordinates,
    )
    if symbols is not None:
        adata.var["gene_ids"] = genes[first].astype(str)
    if spike_ins is not None:
        adata = adata[:, ~adata.var_names.str.startswith(spike_ins)]
    counted = adata.X.sum(axis=1).A1
    kept = counted >= min_counts
    for path, values in (only or {}).items():
        kept &= np.isin(np.asarray(part(data, path), dtype=object), values)
    return adata[kept].copy()


def read_r(path: Path) -> dict[str, Any]:
    """What an ``.rda`` file holds, lists as dicts, matrices with their names."""
    import rdata

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes that are not known become plain lists
        return rdata.read_rda(path)


def part(data: Any, path: str) -> Any:
    """The object at a path of names: in a list, a table, an object of a class, or the names of a matrix."""
    for name in path.split("/"):
        if hasattr(data, "coords"):
            data = data.coords
        elif isinstance(data, SimpleNamespace):
            data = vars(data)
        data = _validate.key(data, name, slot="R object", do="take the file as published")
    return data
