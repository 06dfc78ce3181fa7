"""Small AnnData with one thing wrong, and the checks that read them."""

import warnings

import anndata as ad
import numpy as np
from scipy import sparse

from scrcl_geo._features import checks


def cells(n=4, g=3, **slots):
    adata = ad.AnnData(np.arange(1.0, n * g + 1).reshape(n, g))
    for slot, entries in slots.items():
        for key, value in entries.items():
            getattr(adata, slot)[key] = value
    return adata


def pointing_out():
    matrix = sparse.csr_matrix(np.eye(4, 3))
    matrix.indices[0] = 7
    return ad.AnnData(matrix)


def in_space(place):
    return lambda: checks.coordinates(cells(obsm={"spatial": np.asarray(place)}), "spatial")


def of_matrix(x, layer=None):
    return lambda: checks.data_matrix(ad.AnnData(x) if isinstance(x, np.ndarray) else x, layer)


def with_value(value):
    x = np.ones((4, 3))
    x[1, 1] = value
    return x


def named(cell_names, gene_names):
    adata = cells(len(cell_names), len(gene_names))
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # anndata's own about the names
        adata.obs_names, adata.var_names = list(cell_names), list(gene_names)
    return lambda: checks.data_matrix(adata, None)


SQUARE = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
