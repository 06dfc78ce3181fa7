"""Units of coordinates: stated where the format tells them, doubted where distances look like the other."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys
from scrcl_geo._schema.result import stored

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)

UNITS = ("pixels", "microns")
# centres of cells are about 5 to 30 µm apart, bins from 2 µm, spots of the first arrays 200 µm
_CLOSEST, _FARTHEST = 1.5, 300.0
# µm between Visium spots, and what spot_diameter_fullres measures
_SPOT_SPACING, _SPOT_DIAMETER = 100.0, 65.0


def check(adata: AnnData) -> None:
    """Fill in the units where squidpy's scale factors tell them; warn where they do not fit the distances."""
    if _keys.SPATIAL not in adata.obsm:
        return
    if _keys.UNITS not in adata.uns and _scales(adata):
        adata.uns[_keys.UNITS] = "pixels"  # squidpy and scanpy place spots in pixels of the full image
    units = stored(adata, "uns", _keys.UNITS)
    if units is None:
        logger.info("units of the coordinates are not known; state them with units= or --units")
        return
    distance = spacing(np.asarray(adata.obsm[_keys.SPATIAL]))
    if distance is None:
        return
    other = looks_like_the_other(distance, units, _scales(adata))
    if other:
        logger.warning(
            "coordinates are stated in %s, but nearest cells are %.3g apart, which looks like %s; "
            "state them with units= or --units: microns or pixels",
            units,
            distance,
            other,
        )


def spacing(coordinates: np.ndarray) -> float | None:
    """Median distance to the nearest other cell, from at most 5,000 cells; None where there is none."""
    from scipy.spatial import cKDTree

    if coordinates.ndim != 2 or coordinates.dtype.kind not in "fiu":
        return None
    finite = coordinates[np.isfinite(coordinates).all(axis=1)]
    if len(finite) < 3:
        return None
    step = -(-len(finite) // 5000)
    distance = float(np.median(cKDTree(finite).query(finite[::step], k=2)[0][:, 1]))
    return distance if distance > 0 else None


def looks_like_the_other(distance: float, units: str, scales: dict[str, float]) -> str | None:
    """The unit that a spacing looks like, where it is not the stated one."""
    if units == "microns":
        return None if _CLOSEST <= distance <= _FARTHEST else "pixels or another unit"
    real, expected = _grid(scales)
    if real is None or expected is None:
        return None
    return "microns" if abs(distance / real - 1) < 0.02 and abs(distance / expected - 1) > 0.15 else None


def _grid(scales: dict[str, float]) -> tuple[float | None, float | None]:
    """Distance between the spots of a Visium array, in microns and in pixels, where it is known."""
    if scales.get("bin_size_um") and scales.get("microns_per_pixel"):
        size = scales["bin_size_um"]
        return size, size / scales["microns_per_pixel"]
    if scales.get("spot_diameter_fullres"):
        return _SPOT_SPACING, _SPOT_SPACING / _SPOT_DIAMETER * scales["spot_diameter_fullres"]
    return None, None


def _scales(adata: AnnData) -> dict[str, float]:
    """Scale factors of the first image, in squidpy's form, as far as they are factors."""
    libraries = adata.uns.get(_keys.SPATIAL, {})
    if not isinstance(libraries, dict):
        return {}
    for library in libraries.values():
        factors = library.get("scalefactors") if isinstance(library, dict) else None
        if isinstance(factors, dict):
            numbers = {name: f for name, f in factors.items() if isinstance(f, int | float)}
            return {name: float(f) for name, f in numbers.items() if 0 < f < sys.float_info.max}
    return {}
