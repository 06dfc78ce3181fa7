"""SpatialData stores: one table, placed by the elements that it annotates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo._files.readers._anndata import refuse_large

if TYPE_CHECKING:
    from anndata import AnnData

_ELEMENTS = ("tables", "shapes", "labels", "points")


def read_spatialdata(path: Path, table: str | None) -> AnnData:
    """The table as an AnnData of its own.

    Coordinates are those in ``obsm["spatial"]`` or, where there are none, the centres of the regions that
    the table annotates, in the coordinate system "global" or the only one.
    """
    import spatialdata as sd

    refuse_large(path, but=("images", "labels"))  # those are read lazily, or not at all
    data = sd.read_zarr(path, selection=_ELEMENTS)
    adata = data.tables[table_name(data, table, path)].copy()
    if _keys.SPATIAL not in adata.obsm and "spatialdata_attrs" in adata.uns:
        adata.obsm[_keys.SPATIAL] = _centers(data, adata)
    return adata


def table_name(data: Any, table: str | None, path: Path) -> str:
    """The table that is meant: the one named, "table", or the only one."""
    names = list(data.tables)
    if table is None:
        table = "table" if "table" in names else (names[0] if len(names) == 1 else None)
    if table is None or table not in names:
        raise _validate.fail(
            f"which table of {path} is not clear" if table is None else f"table {table!r} is missing",
            _validate.shown(names),
            "name one of them with table= or --table" if names else "store a table of cells in it",
        )
    return table


def _centers(data: Any, adata: AnnData) -> np.ndarray:
    """Centres (N, 2) of the elements that the rows of the table annotate."""
    import spatialdata as sd

    link = adata.uns["spatialdata_attrs"]
    regions, instances = adata.obs[link["region_key"]], adata.obs[link["instance_key"]]
    centers = np.full((adata.n_obs, 2), np.nan)
    for region in regions.unique():
        element = _validate.key(data, region, slot="elements", do="store the region that the table annotates")
        systems = list(sd.transformations.get_transformation(element, get_all=True))
        system = "global" if "global" in systems else systems[0]
        points = sd.get_centroids(element, coordinate_system=system).compute()
        rows = np.flatnonzero(regions == region)
        position = points.index.get_indexer(instances.iloc[rows])
        centers[rows[position >= 0]] = points[["x", "y"]].to_numpy()[position[position >= 0]]
    return centers
