"""Weights of neighbours equal those of UMAP's own library."""

import numpy as np
import pytest
from scipy import sparse

from scrcl_geo._neighbors.fuzzy import fuzzy_connectivities
from scrcl_geo._neighbors.knn import knn_distances


@pytest.mark.filterwarnings("ignore")
def test_weights_are_those_of_umap():
    from umap.umap_ import fuzzy_simplicial_set

    x = np.random.default_rng(0).normal(size=(80, 5))
    x[:4] = x[0]  # cells that are equal
    distances = knn_distances(x, 9)
    index = np.c_[np.arange(80), distances.indices.reshape(80, 9)]
    length = np.c_[np.zeros(80), distances.data.reshape(80, 9)]
    expected, *_ = fuzzy_simplicial_set(
        x, 10, np.random.RandomState(0), "euclidean", knn_indices=index, knn_dists=length.astype(np.float32)
    )
    np.testing.assert_allclose(fuzzy_connectivities(distances).toarray(), expected.toarray(), atol=1e-4)


@pytest.mark.parametrize("n_cells", [1, 2, 5])
def test_equal_cells_have_equal_weights(n_cells):
    weights = fuzzy_connectivities(knn_distances(np.ones((n_cells, 3)), 14)).toarray()
    np.testing.assert_allclose(weights, 1 - np.eye(n_cells))


def test_no_neighbors_no_weights():
    assert fuzzy_connectivities(sparse.csr_matrix((3, 3), dtype=np.float32)).nnz == 0
