"""Output folders of Xenium Onboard Analysis."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scrcl_geo import _validate
from scrcl_geo._files.readers._positions import add_positions, read_counts

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

_XY = ("x_centroid", "y_centroid")


def read_xenium(path: Path) -> AnnData:
    """Transcripts per cell and the centres of the cells, in microns; control probes are left out."""
    adata = read_counts(path, "cell_feature_matrix")
    cells = _cells(path)
    others = cells.columns.drop(list(_XY)).tolist()
    add_positions(adata, cells, _XY, units="microns", obs=others)
    return adata


def _cells(path: Path) -> pd.DataFrame:
    """The table of cells by identifier, as text; early versions store it as bytes or numbers."""
    import pandas as pd

    if (path / "cells.parquet").exists():
        table = pd.read_parquet(path / "cells.parquet")
    else:
        tables = sorted(path.glob("cells.csv*"))
        if not tables:
            raise _validate.fail(f"no cells.parquet in {path}", "no cells.csv.gz either", "copy it there")
        table = pd.read_csv(tables[0])
    names = [name.decode() if isinstance(name, bytes) else str(name) for name in table.pop("cell_id")]
    return table.set_index(pd.Index(names))
