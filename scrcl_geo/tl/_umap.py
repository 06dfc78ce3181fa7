"""UMAP of the embedding, through scanpy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo._neighbors import umap as layout

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
        Writes ``obsm["X_umap"]`` float32 (N, 2).

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> sg.tl.umap(adata, use_rep="X_pca")
    >>> adata.obsm["X_umap"].shape
    (100, 2)
    """
    x = _validate.key(adata.obsm, use_rep, slot="obsm", do="run sg.tl.embed(adata) first")
    adata.obsm["X_umap"] = layout.umap(np.asarray(x), n_neighbors=n_neighbors, seed=seed)
