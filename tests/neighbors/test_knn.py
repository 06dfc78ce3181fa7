"""Nearest neighbours of many cells: inverted lists against all distances."""

import numpy as np
import pytest

from scrcl_geo._neighbors import knn
from scrcl_geo._neighbors.backends import exact, inverted_file
from scrcl_geo._validate import ScrclInputError

N, K = 3000, 15


def test_inverted_lists_find_the_neighbors(x):
    truth, _ = exact(x, K)
    index, distance = inverted_file(x, K)
    recall = np.mean([len(set(a) & set(b)) for a, b in zip(index, truth, strict=True)]) / K
    assert recall >= 0.95
    assert (np.diff(distance, axis=1) >= 0).all()
    assert (index != np.arange(N)[:, None]).all()


def test_many_cells_go_through_inverted_lists(x, monkeypatch):
    exact = knn.knn_distances(x, K, metric="cosine")
    monkeypatch.setattr(knn, "EXACT_UP_TO", N - 1)
    found = knn.knn_distances(x, K, metric="cosine")
    assert (np.diff(found.indptr) == K).all()
    shared = exact.astype(bool).multiply(found.astype(bool)).nnz
    assert shared / exact.nnz >= 0.95


def test_a_lonely_group_of_rows_still_gets_all_its_neighbors(x):
    far = np.concatenate([x, np.full((3, 30), 500, np.float32)])
    index, _ = inverted_file(far, K)
    assert (index >= 0).all()
    assert {N, N + 1, N + 2} - {N} <= set(index[N])


def test_identical_rows_have_neighbors():
    index, distance = inverted_file(np.ones((1000, 4), np.float32), 3)
    assert ((index >= 0) & (index != np.arange(1000)[:, None])).all()
    assert np.allclose(distance, 0)


def test_unknown_metric_is_named(x):
    with pytest.raises(ScrclInputError, match="'cosine', 'euclidean'"):
        knn.knn_distances(x, K, metric="hamming")


@pytest.mark.parametrize("n_rows", [0, 1])
def test_a_single_row_has_no_neighbors(n_rows):
    found = knn.knn_distances(np.ones((n_rows, 3)), 5, metric="cosine")
    assert found.shape == (n_rows, n_rows)
    assert found.nnz == 0
