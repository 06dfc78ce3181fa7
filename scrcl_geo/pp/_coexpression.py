"""Co-expression neighbours of genes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from scrcl_geo import _keys, _validate
from scrcl_geo._features.expression import DENSE, read_expression
from scrcl_geo._neighbors.knn import connectivities, knn_distances

if TYPE_CHECKING:
    from anndata import AnnData


def coexpression(
    adata: AnnData,
    *,
    n_neighbors: int = 5,
    use_rep: str = _keys.LOADINGS,
    metric: str = "cosine",
    directed: bool = False,
) -> None:
    """Genes with the most similar expression over the cells: the ``coexpressed_with`` edges.

    By default similarity is the cosine of the genes' rows in the principal components, that is their
    correlation in the space that carries the main variation. Genes not in use have no edges.

    Parameters
    ----------
    n_neighbors
        Neighbours per gene.
    use_rep
        What genes are compared by: ``"scrcl_pca"``, or their values over all cells, ``"counts"`` as stored or
        ``"scaled"``, log expression with a standard deviation of 1, at most 10.
    metric
        ``"cosine"`` or ``"euclidean"``.
    directed
        Keep edges from each gene to its neighbours alone, as in the paper; otherwise both ways.

    Returns
    -------
    None
        Writes ``varp["coexpression_connectivities"]`` (0/1, a row per target) and
        ``varp["coexpression_distances"]`` (a row per gene with its neighbours), float32 CSR (G, G), and
        ``uns["coexpression_neighbors"]``.

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
    used, genes = _genes(adata, use_rep)
    if sparse.issparse(genes):  # as the paper's code searches: of genes equally far, the same are taken
        genes = genes.tocsr() if metric == "euclidean" else genes.toarray()
    among_used = knn_distances(genes, n_neighbors, metric=metric).tocoo()
    shape = (adata.n_vars, adata.n_vars)
    distances = sparse.csr_matrix((among_used.data, (used[among_used.row], used[among_used.col])), shape)
    adata.varp[_keys.COEXPRESSION_CONNECTIVITIES] = connectivities(distances, directed=directed)
    adata.varp[_keys.COEXPRESSION_DISTANCES] = distances
    adata.uns[_keys.COEXPRESSION_NEIGHBORS] = {
        "connectivities_key": _keys.COEXPRESSION_CONNECTIVITIES,
        "distances_key": _keys.COEXPRESSION_DISTANCES,
        "params": {"n_neighbors": n_neighbors, "method": "knn", "metric": metric},
    }


def _genes(adata: AnnData, use_rep: str) -> tuple[np.ndarray, Any]:
    """Positions of the genes in use, and these by what they are compared by, (n_used, F)."""
    _validate.one_of("use_rep", use_rep, (_keys.LOADINGS, *DENSE))
    if use_rep in DENSE:
        read = read_expression(adata)
        genes = read.values if use_rep == "counts" else read.dense(use_rep)
        return np.flatnonzero(adata.var[_keys.USED_GENES].to_numpy(dtype=bool)), genes.T
    remedy = "run sg.pp.pca(adata) first"
    loadings = np.asarray(_validate.key(adata.varm, _keys.LOADINGS, slot="varm", do=remedy))
    components = np.asarray(_validate.key(adata.obsm, _keys.PCA, slot="obsm", do=remedy))
    used = np.flatnonzero(loadings.any(axis=1))
    return used, loadings[used] * components.std(axis=0)
