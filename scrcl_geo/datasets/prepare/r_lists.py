"""R's ``.rda`` with lists: matrices of counts (genes × cells), labels and tables of cells.

Parts are named by their path in the file, such as ``"Goolam/data"``.
"""

from __future__ import annotations

import warnings
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
    counts: str | Sequence[str],
    labels: Mapping[str, str],
    numbers: Mapping[str, str] | None = None,
    spatial: Sequence[str] = (),
    name_by_place: bool = False,
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
    spatial
        Paths of x and y.
    name_by_place
        Name cells "XxY" where the file names them by number alone.
    """
    data = read_r(files[0])
    paths = [counts] if isinstance(counts, str) else list(counts)
    matrices = [part(data, path) for path in paths]
    coordinates = (
        np.stack([np.asarray(part(data, path), float) for path in spatial], axis=1) if spatial else None
    )
    cells = list(matrices[0].coords["dim_1"].values) if "dim_1" in matrices[0].coords else None
    if name_by_place and coordinates is not None:
        cells = [f"{x:.0f}x{y:.0f}" for x, y in coordinates]
    genes = np.concatenate([matrix.coords["dim_0"].values for matrix in matrices])
    first = np.sort(np.unique(genes, return_index=True)[1])  # a gene in two matrices is taken once
    return layout(
        np.concatenate([matrix.values for matrix in matrices])[first].T,
        cells=cells,
        genes=genes[first],
        labels={key: part(data, path) for key, path in labels.items()},
        numbers={key: part(data, path) for key, path in (numbers or {}).items()},
        spatial=coordinates,
    )


def read_r(path: Path) -> dict[str, Any]:
    """What an ``.rda`` file holds, lists as dicts, matrices with their names."""
    import rdata

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes that are not known become plain lists
        return rdata.read_rda(path)


def part(data: Any, path: str) -> Any:
    """The object at a path of names."""
    for name in path.split("/"):
        data = _validate.key(data, name, slot="R object", do="take the file as published")
    return data
