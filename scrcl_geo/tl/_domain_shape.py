"""Size and shape of domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.spatial import Delaunay

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks

if TYPE_CHECKING:
    from anndata import AnnData

_LONG = 3.0  # median edges: longer ones of the triangulation bridge gaps in the tissue


def domain_shape(
    adata: AnnData,
    *,
    groupby: str = _keys.CLUSTERS,
    batch_key: str | None = None,
    spatial_key: str = _keys.SPATIAL,
    key_added: str = _keys.CLUSTERS,
) -> pd.DataFrame:
    """Size and shape of each domain in each sample.

    Parameters
    ----------
    groupby
        Column of ``obs`` with the domains.
    batch_key
        Column of ``obs`` with the samples; by default the one that the graph was made with.
    spatial_key
        Key of ``obsm`` with the coordinates; the first two are used.
    key_added
        What the result is named after.

    Returns
    -------
    pandas.DataFrame
        A row per sample and domain that it has: ``sample``, ``group``, ``n_cells``, ``share`` of the sample's
        cells; ``area``, the cells' parts of the triangles between neighbouring cells, in squared units of the
        coordinates; ``n_parts``, connected pieces in the spatial graph, and ``largest_part``, the share of
        cells in the largest; ``border``, the share of the cells' links that lead to other domains;
        ``elongation``, the spread along the domain over that across it (1 for a disc). Also written to
        ``uns["scrcl_domain_shape"]``. Cells without a domain are left out.

    Raises
    ------
    ScrclInputError
        No coordinates, spatial graph or domains.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=400)
    >>> sg.pp.spatial_neighbors(adata)
    >>> table = sg.tl.domain_shape(adata, groupby="domain")
    >>> table[["group", "n_parts"]].values.tolist()
    [['layer_1', 1], ['layer_2', 1], ['layer_3', 1], ['layer_4', 1], ['layer_5', 1]]
    """
    groups = _validate.key(adata.obs, groupby, slot="obs", do="run sg.tl.cluster(adata) first")
    groups = groups.astype("category").cat.remove_unused_categories()
    place = checks.coordinates(adata, spatial_key)[:, :2]
    remedy = "run sg.pp.spatial_neighbors(adata) first"
    links = _validate.key(adata.obsp, _keys.SPATIAL_CONNECTIVITIES, slot="obsp", do=remedy).tocsr()
    batch_key = batch_key or checks.recorded_batch_key(adata)
    samples = np.zeros(adata.n_obs, int) if batch_key is None else checks.samples(adata, batch_key)
    columns = (
        adata.obs[batch_key].astype(str).to_numpy() if batch_key is not None else np.full(len(place), "")
    )
    codes, names = groups.cat.codes.to_numpy(), groups.cat.categories.astype(str)
    rows = []
    for sample in range(samples.max() + 1):
        own = np.flatnonzero((samples == sample) & (codes >= 0))
        areas = cell_areas(place[own])
        for group in np.unique(codes[own]):
            here = codes[own] == group
            cells = own[here]
            rows.append(
                {
                    "sample": columns[cells[0]],
                    "group": names[group],
                    "n_cells": len(cells),
                    "share": len(cells) / len(own),
                    "area": float(areas[here].sum()),
                    **_parts(links, cells),
                    "elongation": _elongation(place[cells]),
                }
            )
    table = pd.DataFrame(rows)
    table.index = table.index.astype(str)  # the form in which it reads back from .h5ad
    adata.uns[f"{key_added}_domain_shape"] = table
    return table


def cell_areas(place: np.ndarray) -> np.ndarray:
    """A third of each triangle at a cell, (N,), from positions (N, 2); gaps belong to nobody."""
    n = len(place)
    if n < 3:
        return np.zeros(n)
    centred = place - place.mean(axis=0)
    if np.linalg.matrix_rank(centred, tol=1e-9 * np.abs(centred).max()) < 2:
        return np.zeros(n)  # a point or a line
    corners = Delaunay(place).simplices
    sides = place[corners] - place[np.roll(corners, 1, axis=1)]
    longest = np.linalg.norm(sides, axis=2)
    kept = longest.max(axis=1) <= _LONG * np.median(longest)
    one, two = sides[kept, 0], sides[kept, 1]
    area = np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]) / 2
    return np.bincount(corners[kept].ravel(), weights=np.repeat(area / 3, 3), minlength=n)


def _parts(links: sparse.csr_matrix, cells: np.ndarray) -> dict[str, float]:
    """Pieces of a domain in the graph, the share of the largest, and the share of links that leave it."""
    from_it = links[cells]
    within = from_it[:, cells]
    n_parts, part = sparse.csgraph.connected_components(within, directed=False)
    n_links = max(from_it.count_nonzero(), 1)
    return {
        "n_parts": int(n_parts),
        "largest_part": float(np.bincount(part).max() / len(cells)),
        "border": 1 - within.count_nonzero() / n_links,
    }


def _elongation(place: np.ndarray) -> float:
    """Spread along over spread across; NaN for fewer than three cells or cells in a line."""
    if len(place) < 3:
        return float("nan")
    across, along = np.sqrt(np.maximum(np.linalg.eigvalsh(np.cov(place.T)), 0))
    return float(along / across) if across > 1e-9 * along else float("nan")
