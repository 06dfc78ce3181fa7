"""How much the cells around a cell tell of each gene."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from scrcl_geo._neighbors.knn import connectivities, distances_in_space

_NEIGHBORS = 6
_ENTRIES = 8_000_000  # 32 MB of float32 where genes are made dense


def morans_i(expression: sparse.csr_matrix, weights: sparse.csr_matrix, sample: np.ndarray) -> np.ndarray:
    r"""Moran's I of each gene, with means of each sample's own: slides that differ do not look like space.

    :math:`I_g = \frac{N}{\sum_{ij} w_{ij}} \frac{\sum_{ij} w_{ij} x_{ig} x_{jg}}{\sum_i x_{ig}^2}` of
    expression x less its mean (Moran, Biometrika 1950); 0 where a gene does not vary.

    Shapes: ``expression`` (N, G), ``weights`` (N, N), ``sample`` (N,) whole numbers 0 … S - 1 → (G,).
    O(E G) for E neighbours in all, some genes at a time.
    """
    n_cells, n_genes = expression.shape
    by_gene = expression.tocsc()
    members = sparse.csr_matrix((np.ones(n_cells, np.float32), (sample, np.arange(n_cells))))
    found = np.zeros(n_genes)
    step = max(1, _ENTRIES // n_cells)
    for genes in (slice(start, start + step) for start in range(0, n_genes, step)):
        x = by_gene[:, genes].toarray()
        x -= ((members @ x) / members.sum(axis=1))[sample]
        shared = np.einsum("ij,ij->j", x, weights @ x, dtype=np.float64)
        varied = np.einsum("ij,ij->j", x, x, dtype=np.float64)
        np.divide(shared, varied, out=found[genes], where=varied > 1e-9 * n_cells)
    return found * n_cells / max(weights.sum(), 1)


def nearest_in_space(coordinates: np.ndarray, sample: np.ndarray) -> sparse.csr_matrix:
    """Six nearest cells of the same slide, 0/1 (N, N), symmetric.

    None in slides of six cells or fewer; where all are that small, as many as the largest has.
    """
    sizes, shape = np.bincount(sample), (len(sample), len(sample))
    n_neighbors = min(_NEIGHBORS, int(sizes.max()) - 1)
    if n_neighbors < 1:
        return sparse.csr_matrix(shape, dtype=np.float32)
    told = np.flatnonzero(sizes[sample] > n_neighbors)
    _, slides = np.unique(sample[told], return_inverse=True)
    among = connectivities(distances_in_space(coordinates[told], slides, n_neighbors)).tocoo()
    return sparse.csr_matrix((among.data, (told[among.row], told[among.col])), shape)
