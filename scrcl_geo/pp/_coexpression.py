"""Co-expression neighbours of genes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from scrcl_geo import _keys, _validate
from scrcl_geo._neighbors.knn import connectivities, knn_distances

if TYPE_CHECKING:
    from anndata import AnnData


def coexpression(adata: AnnData, *, n_neighbors: int = 5) -> None:
    """Genes with the most similar expression over the cells: the ``coexpressed_with`` edges.

    Similarity is the cosine of the genes' rows in the principal components, that is their correlation
    in the space that carries the main variation. Genes not in use have no edges.

    Parameters
    ----------
    n_neighbors
        Neighbours per gene; the graph is then made symmetric.

    Returns
    -------
    None
        Writes ``varp["coexpression_connectivities"]`` (0/1) and ``varp["coexpression_distances"]``
        (cosine distances), float32 CSR (G, G), and ``uns["coexpression_neighbors"]``.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.select_genes(adata); sg.pp.pca(adata)
    >>> sg.pp.coexpression(adata)
    >>> adata.varp["coexpression_connectivities"].shape
    (200, 200)
    """
    _validate.at_least("n_neighbors", n_neighbors, 1)
    remedy = "run sg.pp.pca(adata) first"
    loadings = np.asarray(_validate.key(adata.varm, _keys.LOADINGS, slot="varm", do=remedy))
    components = np.asarray(_validate.key(adata.obsm, _keys.PCA, slot="obsm", do=remedy))
    used = np.flatnonzero(loadings.any(axis=1))
    genes = loadings[used] * components.std(axis=0)  # (n_used, F)
    among_used = knn_distances(genes, n_neighbors, metric="cosine").tocoo()
    shape = (adata.n_vars, adata.n_vars)
    distances = sparse.csr_matrix((among_used.data, (used[among_used.row], used[among_used.col])), shape)
    adata.varp[_keys.COEXPRESSION_CONNECTIVITIES] = connectivities(distances)
    adata.varp[_keys.COEXPRESSION_DISTANCES] = distances
    adata.uns[_keys.COEXPRESSION_NEIGHBORS] = {
        "connectivities_key": _keys.COEXPRESSION_CONNECTIVITIES,
        "distances_key": _keys.COEXPRESSION_DISTANCES,
        "params": {"n_neighbors": n_neighbors, "method": "knn", "metric": "cosine"},
    }
