"""Principal components of the genes in use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo._features.inputs import fit_inputs
from scrcl_geo._features.projection import TRANSFORMS

if TYPE_CHECKING:
    from anndata import AnnData


def pca(
    adata: AnnData,
    *,
    n_comps: int = 30,
    transforms: Sequence[str] = TRANSFORMS,
    seed: int = 0,
) -> None:
    """Principal components of the genes in use, under one or several transforms of their expression.

    Parameters
    ----------
    n_comps
        Components per transform; fewer where there are fewer cells or genes.
    transforms
        Any of ``"log"``, ``"zscore"`` (log expression, each gene to unit variance) and ``"pearson"``
        (analytic Pearson residuals of counts). Each block is scaled to unit total variance. Without
        counts, z-scores stand in for Pearson residuals; scaled values are taken as they are.
    seed
        Of the 50,000 cells that components are found on where there are more.

    Returns
    -------
    None
        Writes ``obsm["X_scrcl_pca"]`` float32 (N, n_comps · transforms), ``varm["scrcl_pca"]`` float32 (G,
        likewise), zero rows for genes not in use, and ``uns["scrcl_inputs"]``, all that new cells need.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.select_genes(adata); sg.pp.pca(adata, n_comps=10)
    >>> adata.obsm["X_scrcl_pca"].shape
    (100, 30)
    """
    _validate.at_least("n_comps", n_comps, 1)
    _validate.at_least("number of transforms", len(transforms), 1)
    for transform in transforms:
        _validate.one_of("transforms", transform, TRANSFORMS)
    inputs, adata.obsm[_keys.PCA] = fit_inputs(adata, tuple(transforms), n_comps, seed=seed)
    components = np.concatenate([p.components for p in inputs.projections], axis=1)
    loadings = np.zeros((adata.n_vars, components.shape[1]), np.float32)
    loadings[adata.var[_keys.USED_GENES].to_numpy()] = components
    adata.varm[_keys.LOADINGS] = loadings
    adata.uns[_keys.INPUTS] = inputs.to_dict()
