"""Whether there is anything to cluster."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from scrcl_geo import _keys
from scrcl_geo._features.expression import stored_expression
from scrcl_geo._features.structure import structure_of

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)


def structure(adata: AnnData, *, seed: int = 0) -> bool:
    """Test whether genes vary together more than by chance; reads no label.

    The leading direction of some cells is compared with those after every gene is permuted over the cells
    (:func:`scrcl_geo._features.structure.structure_of`). Counts without structure, whatever their depth and
    overdispersion, are told; then :func:`scrcl_geo.tl.estimate_clusters` answers one.

    Parameters
    ----------
    adata
        As :func:`scrcl_geo.pp.select_genes` left it.
    seed
        Of the sample of cells and the permutations.

    Returns
    -------
    bool
        Whether there is structure; warns where there is none. Also writes ``uns["scrcl_structure"]``, a dict:
        ``found`` bool, ``leading`` and ``permuted`` float, variances of the leading directions.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.select_genes(adata)
    >>> sg.pp.structure(adata)
    True
    """
    matrix, used, params = stored_expression(adata)
    found = structure_of(matrix, used, params["values"], seed=seed)
    adata.uns[_keys.STRUCTURE] = {"found": found.found, **found._asdict()}
    if not found.found:
        logger.warning(
            "the genes do not vary together (%.2f along the leading direction, %.2f by chance): "
            "this looks like noise, and clusters of it mean nothing",
            *found,
        )
    return found.found
