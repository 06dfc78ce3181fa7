"""Spatial neighbours of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo._neighbors.knn import connectivities, distances_in_space

if TYPE_CHECKING:
    from anndata import AnnData


def spatial_neighbors(
    adata: AnnData,
    *,
    n_neighbors: int = 6,
    spatial_key: str = _keys.SPATIAL,
    batch_key: str | None = None,
) -> None:
    """Nearest cells in the tissue: the ``near`` edges.

    Written in squidpy's form, so that its statistics of neighbourhoods read it.

    Parameters
    ----------
    n_neighbors
        Neighbours per cell; the graph is then made symmetric.
    spatial_key
        Key of ``obsm`` with the coordinates.
    batch_key
        Column of ``obs`` with the slide; no edge joins two slides, whatever their coordinates.

    Returns
    -------
    None
        Writes ``obsp["scrcl_spatial_connectivities"]`` (0/1), ``obsp["scrcl_spatial_distances"]`` (units of
        the coordinates), float32 CSR (N, N), and ``uns["scrcl_spatial_neighbors"]``: squidpy's tools read
        them with ``connectivity_key="scrcl_spatial"``.

    Raises
    ------
    ScrclInputError
        Coordinates are missing, not finite or constant.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy()
    >>> sg.pp.spatial_neighbors(adata, batch_key="slide")
    >>> adata.obsp["scrcl_spatial_connectivities"].shape
    (3000, 3000)
    """
    _validate.at_least("n_neighbors", n_neighbors, 1)
    coordinates = checks.coordinates(adata, spatial_key)
    slides = np.zeros(adata.n_obs, np.int64) if batch_key is None else checks.samples(adata, batch_key)
    smallest = int(np.bincount(slides).min())
    if smallest < 2:
        raise _validate.fail("a slide is too small", f"{smallest} cell", "at least 2 are needed")
    distances = distances_in_space(coordinates, slides, min(n_neighbors, smallest - 1))
    adata.obsp[_keys.SPATIAL_CONNECTIVITIES] = connectivities(distances)
    adata.obsp[_keys.SPATIAL_DISTANCES] = distances
    adata.uns[_keys.SPATIAL_NEIGHBORS] = {
        "connectivities_key": _keys.SPATIAL_CONNECTIVITIES,
        "distances_key": _keys.SPATIAL_DISTANCES,
        "params": {
            "n_neighbors": n_neighbors,
            "coord_type": "generic",
            "spatial_key": spatial_key,
            "library_key": batch_key or "",
        },
    }
