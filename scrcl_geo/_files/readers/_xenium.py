"""Output folders of Xenium Onboard Analysis."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scrcl_geo import _keys, _validate
from scrcl_geo._files.readers import _tenx

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData


def read_xenium(path: Path) -> AnnData:
    """Transcripts per cell and the centres of the cells, in microns; control probes are left out."""
    matrix = path / "cell_feature_matrix"
    if matrix.with_suffix(".h5").exists():
        adata = _tenx.read_h5(matrix.with_suffix(".h5"))
    elif matrix.is_dir():
        adata = _tenx.read_mtx(matrix)
    else:
        found = _validate.shown([entry.name for entry in sorted(path.iterdir())])
        raise _validate.fail(f"no cell_feature_matrix.h5 in {path}", found, "copy it there")
    cells = _cells(path)
    missing = ~adata.obs_names.isin(cells.index)
    if missing.any():
        raise _validate.fail(
            "centres are missing",
            f"{missing.sum()} of {adata.n_obs} cells without one",
            "take the matrix and the cells of the same run",
        )
    cells = cells.loc[adata.obs_names]
    adata.obsm[_keys.SPATIAL] = cells[["x_centroid", "y_centroid"]].to_numpy("float64")
    for column in cells.columns.drop(["x_centroid", "y_centroid"]):
        adata.obs[column] = cells[column].to_numpy()
    adata.uns[_keys.UNITS] = "microns"
    return adata


def _cells(path: Path) -> pd.DataFrame:
    """The table of cells by identifier, as text; early versions store it as bytes or numbers."""
    import pandas as pd

    if (path / "cells.parquet").exists():
        table = pd.read_parquet(path / "cells.parquet")
    else:
        found = sorted(path.glob("cells.csv*"))
        if not found:
            raise _validate.fail(f"no cells.parquet in {path}", "no cells.csv.gz either", "copy it there")
        table = pd.read_csv(found[0])
    names = [name.decode() if isinstance(name, bytes) else str(name) for name in table.pop("cell_id")]
    return table.set_index(pd.Index(names))
