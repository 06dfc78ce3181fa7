"""Cells in an order of their own, so that a result does not hang on how a file is sorted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from anndata import AnnData
from scipy import sparse

from scrcl_geo import _keys
from scrcl_geo._features.rows import on_disk
from scrcl_geo.tl._stale import forget_views

ORDERED_UP_TO = 50_000  # cells; beyond, a second copy of the matrix would be felt
_ROWS = 10_000
_TAKEN_AWAY = {  # what the graphs of a run drop where they do not write it
    "obsm": (_keys.COMPOSITION,),
    "obsp": (_keys.SPATIAL_CONNECTIVITIES, _keys.SPATIAL_DISTANCES, _keys.MATCHED_CONNECTIVITIES),
}


@contextmanager
def in_own_order(adata: AnnData, layer: str | None = None) -> Iterator[AnnData]:
    """The cells sorted by what they hold; what is written to them comes back to where each cell stands.

    A run draws cells by their number: sorted so, it draws the same ones from any file that holds them. Files
    that stay on disk, and more than 50,000 cells, are left as they are.

    Parameters
    ----------
    adata
        Cells; what a run reads of them is copied.
    layer
        Where the values are.
    """
    if adata.n_obs > ORDERED_UP_TO or on_disk(adata.layers[layer] if layer else adata.X):
        yield adata
        return
    order = by_content(adata.layers[layer] if layer else adata.X, _numbers(adata.obsm.get(_keys.SPATIAL)))
    work = _read(adata, layer, order)
    yield work
    _written(work, adata, order.argsort())


def by_content(matrix: Any, coordinates: np.ndarray | None = None) -> np.ndarray:
    """Positions that sort the rows of a matrix (N, G) by what they hold, equal ones by their coordinates.

    Each row is summed by itself, so that its place among the others cannot change its last digits.

    Shapes: → (N,) int64. O(N G), or O(nnz).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(1).normal(size=(5, 3))
    >>> bool((x[by_content(x)] == x[::-1][by_content(x[::-1])]).all())
    True
    """
    keys = [_sums(part) for part in (coordinates, matrix) if part is not None]
    return np.lexsort(keys)


def _sums(x: Any) -> np.ndarray:
    """A sum of each row with weights of its columns' own, (N,) float64."""
    weights = np.random.default_rng(0).normal(size=x.shape[1])
    if sparse.issparse(x):
        return x @ weights
    rows = (np.asarray(x[start : start + _ROWS]) for start in range(0, len(x), _ROWS))
    return np.concatenate([(block * weights).sum(axis=1) for block in rows])


def _numbers(coordinates: Any) -> np.ndarray | None:
    """Coordinates if they are some; what they lack is told where they are needed."""
    found = None if coordinates is None else np.asarray(coordinates)
    return found if found is not None and found.ndim == 2 and found.dtype.kind in "fiu" else None


def _read(adata: AnnData, layer: str | None, order: np.ndarray) -> AnnData:
    """What a run reads of the cells, sorted."""
    place = adata.obsm.get(_keys.SPATIAL)
    if place is not None:
        place = place.iloc[order] if hasattr(place, "iloc") else place[order]
    return AnnData(
        None if layer else adata.X[order],
        obs=adata.obs.iloc[order],
        var=adata.var.copy(),
        uns=dict(adata.uns),
        obsm={} if place is None else {_keys.SPATIAL: place},
        layers={layer: adata.layers[layer][order]} if layer else {},
        varm=dict(adata.varm),
        varp=dict(adata.varp),
    )


def _written(work: AnnData, adata: AnnData, place: np.ndarray) -> None:
    """Put back what a run wrote, each cell's at its ``place``."""
    forget_views(adata)
    for slot, keys in _TAKEN_AWAY.items():
        for key in keys:
            getattr(adata, slot).pop(key, None)
    for column in set(adata.obs) - set(work.obs):
        del adata.obs[column]
    for column in work.obs:
        if column not in adata.obs or column == _keys.CLUSTERS:
            adata.obs[column] = work.obs[column].iloc[place].to_numpy()
            adata.obs[column] = adata.obs[column].astype(work.obs[column].dtype)
    for key, value in work.obsm.items():
        if key != _keys.SPATIAL:
            adata.obsm[key] = value[place]
    for key, value in work.obsp.items():
        adata.obsp[key] = value[place][:, place].sorted_indices()
    for column in work.var:
        if column not in adata.var or not work.var[column].equals(adata.var[column]):
            adata.var[column] = work.var[column]
    for slot in ("uns", "varm", "varp"):
        before, after = getattr(adata, slot), getattr(work, slot)
        for key in set(before) - set(after):
            del before[key]
        for key, value in after.items():
            if key not in before or before[key] is not value:
                before[key] = value
