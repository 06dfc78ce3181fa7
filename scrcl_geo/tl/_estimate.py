"""The number of clusters, where it is not known."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo import cluster as methods
from scrcl_geo._neighbors.smoothing import samples_averaged
from scrcl_geo.tl._rep import rep_of

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)
_MOST = 30
_FEWEST = 3
_REACH = 8  # hops within which cells of a tissue do not count as independent


def estimate_clusters(
    adata: AnnData,
    *,
    max_clusters: int | None = None,
    use_rep: str = _keys.EMBEDDING,
    key_added: str = _keys.NUMBER,
    seed: int = 0,
) -> int:
    """Estimate the number of clusters, without labels, and how stable each number is.

    The cells are clustered into every number; the number whose clusters are best separated, by silhouette in
    the embedding, is chosen (see :func:`scrcl_geo.cluster.number_of_clusters`). In tissue, neighbours share
    their surroundings: there are at most as many domains as the square root of the independent samples, which
    are counted in the spatial graph.
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
        DataFrame, one row per number: ``n_clusters`` int64, ``score`` float64 (higher is better),
        ``silhouette``, ``stability`` (median ARI of pairs of subsamples) with
        its quartiles ``stability_low`` and ``stability_high``.

    Raises
    ------
    ScrclInputError
        No embedding, or ``max_clusters`` below 2 or above the number of cells.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=200)
    >>> sg.pp.graph(adata, spatial="no")
    >>> number = sg.tl.estimate_clusters(adata, use_rep="X_pca", max_clusters=10)
    >>> 3 <= number <= 10
    True
    """
    _validate.n_clusters(max_clusters, adata.n_obs)
    if _keys.SPATIAL_CONNECTIVITIES in adata.obsp:
        max_clusters = max_clusters or _most_domains(adata)
    table = methods.number_of_clusters(rep_of(adata, use_rep), max_clusters=max_clusters, seed=seed)
    number = methods.best_number(table)
    adata.uns[key_added] = {"n_clusters": number, "table": table}
    first, last = table["n_clusters"].iloc[[0, -1]]
    logger.info("number of clusters: %d, estimated among %d to %d", number, first, last)
    return number


def _most_domains(adata: AnnData) -> int:
    """Square root of the independent samples of a tissue."""
    together = samples_averaged(adata.obsp[_keys.SPATIAL_CONNECTIVITIES], _REACH)
    most = round(np.sqrt(adata.n_obs / together))
    return int(min(_MOST, max(_FEWEST, most), adata.n_obs))
