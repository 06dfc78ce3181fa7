"""Output folders of Space Ranger: spots (Visium) and bins (Visium HD)."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrcl_geo import _keys, _validate
from scrcl_geo._files.readers._positions import add_positions, read_counts

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

logger = logging.getLogger(__name__)

_COUNTS = "filtered_feature_bc_matrix"
_COLUMNS = ["in_tissue", "array_row", "array_col", "pxl_row_in_fullres", "pxl_col_in_fullres"]
_XY = ("pxl_col_in_fullres", "pxl_row_in_fullres")


def read_visium(path: Path) -> AnnData:
    """Counts, coordinates in pixels of the full image, and the tissue images where they are."""
    images = [path / "spatial" / f"tissue_{size}_image.png" for size in ("hires", "lowres")]
    if (path / f"{_COUNTS}.h5").exists() and all(image.exists() for image in images):
        import squidpy as sq

        # squidpy lists the images of all sizes, so it needs both
        adata = sq.read.visium(path)
        adata.var_names_make_unique()
        adata.obsm[_keys.SPATIAL] = adata.obsm[_keys.SPATIAL].astype("float64")
        adata.uns[_keys.UNITS] = "pixels"
        return adata
    logger.info("no tissue images in %s: read without them", path / "spatial")
    positions = sorted((path / "spatial").glob("tissue_positions*.csv"))[0]
    return _slide(path, _positions(positions))


def read_visium_hd(path: Path) -> AnnData:
    """Bins of one size: counts and coordinates in pixels of the full image."""
    import pandas as pd

    logger.info("Visium HD bins of %s", path.name)
    positions = path / "spatial" / "tissue_positions.parquet"
    if not positions.exists():
        found = _validate.shown([entry.name for entry in sorted(path.glob("*"))])
        raise _validate.fail(f"no {positions.name} in {positions.parent}", found, "copy the whole folder")
    table = pd.read_parquet(positions).set_index("barcode")
    return _slide(path, table)


def _positions(path: Path) -> pd.DataFrame:
    """Positions of spots; older versions of Space Ranger write no header."""
    import pandas as pd

    with path.open(encoding="utf-8") as file:
        header = 0 if file.readline().lower().startswith("barcode") else None
    table = pd.read_csv(path, header=header, index_col=0)
    table.columns = _COLUMNS
    return table


def _slide(path: Path, positions: pd.DataFrame) -> AnnData:
    """The counts with their positions, and the scale of the image in squidpy's form."""
    adata = read_counts(path, _COUNTS)
    add_positions(adata, positions, _XY, units="pixels", obs=_COLUMNS[:3])
    scales = path / "spatial" / "scalefactors_json.json"
    if scales.exists():
        factors: dict[str, Any] = json.loads(scales.read_text(encoding="utf-8"), parse_int=float)
        adata.uns[_keys.SPATIAL] = {path.name or "slide": {"scalefactors": factors}}
    return adata
