"""The number of clusters, where it is not known."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo import cluster as methods
from scrcl_geo._neighbors.smoothing import samples_averaged
from scrcl_geo._schema.result import stored
from scrcl_geo.tl._rep import rep_of

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)
_MOST = 30
_FEWEST = 3
_REACH = 8  # hops within which cells of a tissue do not count as independent
_TOLERANCE = 0.05  # of the silhouette, for cells, whose number nothing else bounds


def estimate_clusters(
    adata: AnnData,
    *,
    max_clusters: int | None = None,
    use_rep: str = _keys.EMBEDDING,
    key_added: str = _keys.NUMBER,
    seed: int = 0,
) -> int:
    """Estimate the number of clusters, without labels, and how stable each number is.

    The cells are clustered into every number and judged by silhouette in the embedding (see
    :func:`scrcl_geo.cluster.number_of_clusters`). For cells, the smallest number is chosen that separates
    them about as well as the best, within .05. In tissue, neighbours share
    their surroundings: there are at most as many domains as the square root of the independent samples, which
    are counted in the spatial graph, and the best of these numbers is chosen. Where
    :func:`scrcl_geo.pp.structure` found none, the number is one.
    The cost does not grow beyond 10,000 cells.

    Parameters
    ----------
    adata
        With the embedding of :func:`embed`.
    max_clusters
        Largest number considered. By default the square root of the independent samples, at most 30: that of
        the cells, or in tissue of the cells over the number that smoothing averages.
    use_rep
        Key of ``obsm``.
    key_added
        Key of ``uns`` to write.
    seed
        Of the subsamples.

    Returns
    -------
    int
        The number. Also writes ``uns["scrcl_n_clusters"]``, a dict: ``n_clusters`` int and ``table``
        DataFrame, one row per number: ``n_clusters`` int64, ``score`` float64, the silhouette, and
        ``stability`` (median ARI of pairs of subsamples) with its quartiles ``stability_low`` and
        ``stability_high``.

    Raises
    ------
    ScrclInputError
        No embedding, or ``max_clusters`` below 2 or above the number of cells.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=200)
    >>> sg.pp.graph(adata, spatial="no")
    >>> number = sg.tl.estimate_clusters(adata, use_rep="X_scrcl_pca", max_clusters=10)
    >>> 3 <= number <= 10
    True
    """
    _validate.n_clusters(max_clusters, adata.n_obs)
    in_space = _keys.SPATIAL_CONNECTIVITIES in adata.obsp
    why = "as asked" if max_clusters is not None else "the square root of the cells, at most 30"
    if in_space and max_clusters is None:
        samples = _independent_samples(adata)
        max_clusters = int(min(_MOST, max(_FEWEST, round(np.sqrt(samples))), adata.n_obs))
        why = f"the tissue holds about {samples:.0f} neighbourhoods apart from each other"
    table = methods.number_of_clusters(rep_of(adata, use_rep), max_clusters=max_clusters, seed=seed)
    number = methods.best_number(table, tolerance=0 if in_space else _TOLERANCE)
    if not stored(adata, "uns", _keys.STRUCTURE, default={"found": True})["found"]:
        number, why = 1, "the genes vary no more together than by chance"
    adata.uns[key_added] = {"n_clusters": number, "table": table}
    first, last = table["n_clusters"].iloc[[0, -1]]
    logger.info("number of clusters: %d, estimated among %d to %d (%s)", number, first, last, why)
    return number


def _independent_samples(adata: AnnData) -> float:
    """Cells of a tissue over those that smoothing averages."""
    return adata.n_obs / samples_averaged(stored(adata, "obsp", _keys.SPATIAL_CONNECTIVITIES), _REACH)
