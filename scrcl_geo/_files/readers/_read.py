"""One function for all formats."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from scrcl_geo import _keys, _validate
from scrcl_geo._files.h5ad import read_h5ad
from scrcl_geo._files.readers import (
    _anndata,
    _detect,
    _spaceranger,
    _spatialdata,
    _tables,
    _tenx,
    _units,
    _xenium,
)
from scrcl_geo._files.readers._sideways import refuse_sideways

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)

_READERS: dict[str, Callable[[Path], AnnData]] = {
    _detect.H5AD: read_h5ad,
    _detect.ZARR: _anndata.read_zarr,
    _detect.TENX_H5: _tenx.read_h5,
    _detect.MTX: _tenx.read_mtx,
    _detect.VISIUM: _spaceranger.read_visium,
    _detect.VISIUM_HD: _spaceranger.read_visium_hd,
    _detect.XENIUM: _xenium.read_xenium,
    _detect.CSV: _tables.read_csv,
}


def read(path: str | Path, *, table: str | None = None, units: str | None = None) -> AnnData:
    """Read cells from any common format; the format is told from the content.

    AnnData ``.h5ad`` and ``.zarr``, SpatialData ``.zarr``, 10x ``.h5``, Space Ranger folders (Visium and
    Visium HD), Xenium folders, ``.mtx`` folders and tables of text, one row per cell.

    Parameters
    ----------
    path
        File or folder. For Visium HD, the folder of one bin size (``.../square_016um``), or any above it,
        which takes bins of 8 µm.
    table
        Which table of a SpatialData object; needed where there are several and none is named "table".
    units
        ``"pixels"`` or ``"microns"``: states the units of the coordinates where the format does not.

    Returns
    -------
    AnnData
        ``X`` as stored; ``obsm["spatial"]`` float64 (N, 2), x before y, where there are coordinates, and
        ``uns["scrcl_units"]`` ("pixels" or "microns") where their units are known. A warning is logged where
        distances between cells look like the other unit.

    Raises
    ------
    ScrclInputError
        Nothing there, an unknown format, or a damaged file; the message is one line.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import scrcl_geo as sg
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "cells.csv")
    ...     sg.datasets.toy(n_slides=1, n_cells=30).to_df().to_csv(path)
    ...     sg.read(path).shape
    (30, 200)
    """
    if units is not None:
        _validate.one_of("units", units, _units.UNITS)
    kind, source = _detect.detect(path)
    if table is not None and kind != _detect.SPATIALDATA:
        raise _validate.fail(f"table={table!r} does not fit", kind, "leave table out: it is for SpatialData")
    try:
        with warnings.catch_warnings():
            # our own check reports names that are not unique; deprecations are not the user's business
            for category in (UserWarning, FutureWarning, DeprecationWarning):
                warnings.simplefilter("ignore", category)
            if kind == _detect.SPATIALDATA:
                adata = _spatialdata.read_spatialdata(source, table)
            else:
                adata = _READERS[kind](source)
    except _validate.ScrclInputError:
        raise
    except Exception as error:  # every library has its own kinds for a damaged file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise _validate.fail(f"cannot read {path} as {kind}", reason, "check that it is complete") from error
    if units is not None:
        adata.uns[_keys.UNITS] = units
    refuse_sideways(adata)
    _units.check(adata)
    logger.info("read %s: %d cells, %d genes", kind, adata.n_obs, adata.n_vars)
    return adata
