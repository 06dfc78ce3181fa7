"""UMAP of the embedding, through scanpy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys
from scrcl_geo._neighbors import umap as layout
from scrcl_geo.tl._rep import rep_of

if TYPE_CHECKING:
    from anndata import AnnData


def umap(adata: AnnData, *, use_rep: str = _keys.EMBEDDING, n_neighbors: int = 15, seed: int = 0) -> None:
    """Two-dimensional UMAP of the embedding, for plots.

    Parameters
    ----------
    use_rep
        Key of ``obsm``.
    n_neighbors
        Neighbours per cell in the embedding.
    seed
        Of the layout.

    Returns
    -------
    None
        Writes ``obsm["X_scrcl_umap"]`` float32 (N, 2), and the same to ``obsm["X_umap"]``, where
        ``sc.pl.umap`` looks, unless another analysis has left its own there.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> sg.tl.umap(adata, use_rep="X_scrcl_pca")
    >>> adata.obsm["X_scrcl_umap"].shape
    (100, 2)
    """
    plane = layout.umap(rep_of(adata, use_rep), n_neighbors=n_neighbors, seed=seed)
    shown, earlier = adata.obsm.get(_keys.SHOWN_UMAP), adata.obsm.get(_keys.UMAP)
    ours = shown is None or (earlier is not None and np.array_equal(shown, earlier))
    adata.obsm[_keys.UMAP] = plane
    if ours:
        adata.obsm[_keys.SHOWN_UMAP] = plane
