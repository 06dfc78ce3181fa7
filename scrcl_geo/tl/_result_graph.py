"""Neighbours in the embedding, where scanpy's tools look for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrcl_geo import _keys, _validate
from scrcl_geo._neighbors.fuzzy import fuzzy_connectivities
from scrcl_geo._neighbors.knn import knn_distances
from scrcl_geo.tl._rep import rep_of

if TYPE_CHECKING:
    from anndata import AnnData


def neighbors(
    adata: AnnData, *, n_neighbors: int = 15, use_rep: str = _keys.EMBEDDING, seed: int = 0
) -> None:
    """Neighbours in the embedding, as ``sc.pp.neighbors`` weighs them, under keys of our own.

    ``sc.tl.umap``, ``sc.tl.leiden``, ``sc.tl.paga`` and their kin read them with ``neighbors_key="scrcl"``; a
    graph of an earlier analysis stays as it is.

    Parameters
    ----------
    n_neighbors
        Size of the neighbourhood with the cell itself, as in scanpy.
    use_rep
        Key of ``obsm``.
    seed
        Of approximate neighbours, above 20,000 cells.

    Returns
    -------
    None
        Writes ``obsp["scrcl_connectivities"]`` (weights of UMAP) and ``obsp["scrcl_distances"]``, float32 CSR
        (N, N), and where they are into ``uns["scrcl"]``: ``connectivities_key``, ``distances_key`` and
        ``params``.

    Examples
    --------
    >>> import scanpy as sc
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> sg.tl.neighbors(adata, use_rep="X_scrcl_pca")
    >>> sc.tl.leiden(adata, neighbors_key="scrcl", flavor="igraph", n_iterations=2)
    """
    _validate.at_least("n_neighbors", n_neighbors, 2)
    distances = knn_distances(rep_of(adata, use_rep), n_neighbors - 1, seed=seed)
    adata.obsp[_keys.RESULT_DISTANCES] = distances
    adata.obsp[_keys.RESULT_CONNECTIVITIES] = fuzzy_connectivities(distances)
    results = adata.uns.get(_keys.RESULTS, {})
    how = {
        "n_neighbors": n_neighbors,
        "method": "umap",
        "metric": "euclidean",
        "use_rep": use_rep,
        "random_state": seed,
    }
    adata.uns[_keys.RESULTS] = {
        **results,
        "connectivities_key": _keys.RESULT_CONNECTIVITIES,
        "distances_key": _keys.RESULT_DISTANCES,
        "params": {**results.get("params", {}), **how},
    }
