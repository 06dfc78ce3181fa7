"""Tissue of the same kind on several slides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo._neighbors.balanced import mutual_neighbors

if TYPE_CHECKING:
    from anndata import AnnData


def matched_neighbors(
    adata: AnnData, batch_key: str, *, n_neighbors: int = 30, use_rep: str = _keys.COMPOSITION
) -> None:
    """Mutual nearest neighbours across samples by what surrounds the cells: the ``matched_with`` edges.

    Spatial edges end at the border of a slide. These go on where two cells of different slides are among
    each other's nearest, so that smoothing and the alignment with neighbours hold domains of all slides
    together. Source: mutual nearest neighbours (Haghverdi et al., Nature Biotechnology 2018).

    Parameters
    ----------
    batch_key
        Column of ``obs`` with the sample.
    n_neighbors
        Neighbours looked at per cell, shared evenly among the samples.
    use_rep
        Key of ``obsm`` to measure Euclidean distances in.

    Returns
    -------
    None
        Writes ``obsp["scrcl_matched_connectivities"]`` float32 CSR (N, N), 0/1 and symmetric.

    Raises
    ------
    ScrclInputError
        A cell without a sample, or no such embedding.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy()
    >>> sg.pp.select_genes(adata); sg.pp.pca(adata)
    >>> sg.pp.spatial_neighbors(adata, batch_key="slide")
    >>> sg.pp.composition(adata)
    >>> sg.pp.matched_neighbors(adata, "slide")
    >>> one, other = adata.obsp["scrcl_matched_connectivities"].nonzero()
    >>> bool((adata.obs["slide"].iloc[one].to_numpy() != adata.obs["slide"].iloc[other].to_numpy()).all())
    True
    """
    _validate.at_least("n_neighbors", n_neighbors, 1)
    remedy = "run sg.pp.composition(adata) first"
    x = np.asarray(_validate.key(adata.obsm, use_rep, slot="obsm", do=remedy))
    batch = checks.samples(adata, batch_key)
    adata.obsp[_keys.MATCHED_CONNECTIVITIES] = mutual_neighbors(x, batch, n_neighbors)
