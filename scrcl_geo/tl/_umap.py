"""UMAP of the embedding, through scanpy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrcl_geo import _keys, _validate

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
    import scanpy as sc
    from anndata import AnnData

    x = _validate.key(adata.obsm, use_rep, slot="obsm", do="run sg.tl.embed(adata) first")
    helper = AnnData(x)
    sc.pp.neighbors(helper, n_neighbors=min(n_neighbors, adata.n_obs - 1), use_rep="X", random_state=seed)
    sc.tl.umap(helper, random_state=seed)
    adata.obsm["X_umap"] = helper.obsm["X_umap"].astype("float32")
