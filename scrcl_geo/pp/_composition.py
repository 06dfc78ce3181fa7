"""Neighbourhood composition of cells in tissue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo._features.composition import compositions
from scrcl_geo._features.inputs import InputMap
from scrcl_geo._neighbors.reach import averaged_hops
from scrcl_geo._schema.result import stored
from scrcl_geo.pp._reach import reach

if TYPE_CHECKING:
    from anndata import AnnData


def composition(
    adata: AnnData, *, n_types: int = 30, n_hops: int | None = None, n_comps: int = 10, seed: int = 0
) -> None:
    """Which kinds of cells lie around each cell: what tissue domains are made of.

    Cells are sorted into many small types by expression, without regard to their place; the share of each
    type around a cell, smoothed over the spatial graph, is then reduced to principal components. This is done
    for a nearer and a wider neighbourhood, since domains are thin and thick, and for shares and their square
    roots, since domains differ in common and in rare types.

    Parameters
    ----------
    n_types
        Types per transform of the input; at most a tenth of the cells.
    n_hops
        Reach of the nearer neighbourhood, in steps of smoothing on the spatial graph; the wider one has twice
        as many. By default half of the tissue's :func:`reach`.
    n_comps
        Principal components kept of each.
    seed
        Of the sorting into types.

    Returns
    -------
    None
        Writes ``obsm["X_scrcl_composition"]`` float32 (N, 4 · n_comps): near and wide shares, their roots,
        each of total variance 1.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy()
    >>> sg.pp.select_genes(adata); sg.pp.pca(adata)
    >>> sg.pp.spatial_neighbors(adata, batch_key="slide")
    >>> sg.pp.composition(adata)
    >>> adata.obsm["X_scrcl_composition"].shape
    (3000, 40)
    """
    for name, value, least in (("n_types", n_types, 2), ("n_hops", n_hops, 1), ("n_comps", n_comps, 1)):
        if value is not None:
            _validate.at_least(name, value, least)
    remedy = "run sg.pp.spatial_neighbors(adata) first"
    adjacency = _validate.key(adata.obsp, _keys.SPATIAL_CONNECTIVITIES, slot="obsp", do=remedy)
    x = np.asarray(_validate.key(adata.obsm, _keys.PCA, slot="obsm", do="run sg.pp.pca(adata) first"))
    if n_hops is None:
        found = stored(adata, "uns", _keys.REACH)
        n_hops = averaged_hops(int(found["reach"]) if found else reach(adata, seed=seed), views=False)
    adata.obsm[_keys.COMPOSITION] = compositions(
        InputMap.of(adata).blocks(x),
        adjacency,
        n_types=n_types,
        reaches=(n_hops, 2 * n_hops),
        n_components=n_comps,
        seed=seed,
    )
