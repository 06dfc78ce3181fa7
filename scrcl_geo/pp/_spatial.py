"""Spatial neighbours of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo._progress import quiet

if TYPE_CHECKING:
    from anndata import AnnData


def spatial_neighbors(
    adata: AnnData,
    *,
    n_neighbors: int = 6,
    spatial_key: str = _keys.SPATIAL,
    batch_key: str | None = None,
) -> None:
    """Nearest cells in the tissue, through squidpy: the ``near`` edges.

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
    import squidpy as sq

    _validate.at_least("n_neighbors", n_neighbors, 1)
    coordinates = checks.coordinates(adata, spatial_key)
    smallest = adata.n_obs
    library = None
    if batch_key is not None:
        library = checks.samples(adata, batch_key)
        smallest = int(np.bincount(library).min())
    if smallest < 2:
        raise _validate.fail("a slide is too small", f"{smallest} cell", "at least 2 are needed")
    helper = _coordinates_only(adata, coordinates)
    if library is not None:
        helper.obs[batch_key] = pd.Categorical(library)
    with quiet("spatialdata._logging"):  # squidpy tells of its transform there
        sq.gr.spatial_neighbors_knn(
            helper,
            n_neighs=min(n_neighbors, smallest - 1),
            library_key=batch_key,
            key_added=_keys.SPATIAL_NEIGHBORS.removesuffix("_neighbors"),
        )
    pattern = helper.obsp[_keys.SPATIAL_CONNECTIVITIES].astype("float32").tocsr()
    adata.obsp[_keys.SPATIAL_CONNECTIVITIES] = pattern.maximum(pattern.T).tocsr()
    adata.obsp[_keys.SPATIAL_DISTANCES] = helper.obsp[_keys.SPATIAL_DISTANCES].astype("float32")
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


def _coordinates_only(adata: AnnData, coordinates: object) -> AnnData:
    """A small AnnData for squidpy, so that nothing else of the user's is copied or changed."""
    import pandas as pd
    from anndata import AnnData

    return AnnData(obs=pd.DataFrame(index=adata.obs_names), obsm={_keys.SPATIAL: coordinates})
