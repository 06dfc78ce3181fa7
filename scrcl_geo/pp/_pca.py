"""Principal components of the genes in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _expression, _keys, _projection, _validate

if TYPE_CHECKING:
    from anndata import AnnData


def pca(adata: AnnData, *, n_comps: int = 50, transform: str = _projection.ZSCORE) -> None:
    """Principal components of the transformed expression of the genes in use.

    Parameters
    ----------
    n_comps
        Components; fewer where there are fewer cells or genes.
    transform
        ``"zscore"`` (log expression, each gene to unit variance), ``"log"`` or ``"pearson"`` (analytic
        Pearson residuals of counts, z-scores where there are no counts). Scaled values are taken as they are.

    Returns
    -------
    None
        Writes ``obsm["X_pca"]`` float32 (N, n_comps) and ``varm["PCs"]`` float32 (G, n_comps), zero rows for
        genes not in use.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.select_genes(adata); sg.pp.pca(adata, n_comps=10)
    >>> adata.obsm["X_pca"].shape
    (100, 10)
    """
    _validate.at_least("n_comps", n_comps, 1)
    _validate.one_of("transform", transform, _projection.TRANSFORMS)
    matrix, transform = _expression.transform_input(adata, transform)
    projection = _projection.fit_projection(matrix, transform, n_comps)
    adata.obsm[_keys.PCA] = projection.apply(matrix)
    loadings = np.zeros((adata.n_vars, projection.components.shape[1]), np.float32)
    loadings[adata.var[_keys.USED_GENES].to_numpy()] = projection.components
    adata.varm[_keys.LOADINGS] = loadings
