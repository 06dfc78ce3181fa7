"""Exact neighbours as a GPU finds them, here on the CPU: against all distances."""

import numpy as np
import pytest
import torch

from scrcl_geo._neighbors import balanced, knn
from scrcl_geo._neighbors.backends import exact
from scrcl_geo._neighbors.on_device import nearest_on

N, K = 3000, 15


@pytest.mark.parametrize("offset", [0, 1000])
@pytest.mark.parametrize("at_once", [1, 100_000, 1 << 28])
def test_they_are_the_nearest_of_all(x, offset, at_once):
    truth, far = exact(x.astype(np.float64), K)
    index, distance = nearest_on("cpu", x + np.float32(offset), K, at_once=at_once)
    np.testing.assert_allclose(distance, far, rtol=2e-3 if offset else 1e-4)
    assert (index != np.arange(N)[:, None]).all()
    assert np.mean([len(set(a) & set(b)) for a, b in zip(index, truth, strict=True)]) / K > 0.999


def test_of_queries(x):
    index, distance = nearest_on("cpu", x, 3, queries=x[:40])
    assert (index[:, 0] == np.arange(40)).all()
    np.testing.assert_allclose(distance[:, 0], 0, atol=1e-5)


@pytest.mark.parametrize("n_rows", [2, 100, 128, 129])
def test_few_rows(n_rows):
    x = np.random.default_rng(0).normal(size=(n_rows, 3)).astype(np.float32)
    index, _ = nearest_on("cpu", x, n_rows - 1)
    others = [sorted(set(range(n_rows)) - {i}) for i in range(n_rows)]
    assert np.sort(index, axis=1).tolist() == others


def test_graphs_take_them_where_there_is_a_device(x, monkeypatch):
    seen = []

    def on_the_cpu(device, x, n_neighbors, *, queries=None):
        seen.append(device)
        return nearest_on("cpu", x, n_neighbors, queries=queries)

    batch = np.arange(N) % 3
    expected = knn.knn_distances(x, K, metric="cosine"), balanced.balanced_distances(x, batch, K)
    monkeypatch.setattr(knn, "nearest_on", on_the_cpu)
    monkeypatch.setattr(balanced, "nearest_on", on_the_cpu)
    found = (
        knn.knn_distances(x, K, metric="cosine", device="cuda"),
        balanced.balanced_distances(x, batch, K, device="cuda"),
    )
    assert seen == ["cuda"] * 10
    for a, b in zip(found, expected, strict=True):
        a.sort_indices()
        b.sort_indices()
        assert (a.indptr == b.indptr).all()
        assert (a.indices == b.indices).mean() > 0.999
        np.testing.assert_allclose(a.data, b.data, rtol=1e-3, atol=1e-5)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_gpu(x):
    truth, far = exact(x.astype(np.float64), K)
    index, distance = nearest_on("cuda", x, K)
    np.testing.assert_allclose(distance, far, rtol=1e-4)
    assert np.mean([len(set(a) & set(b)) for a, b in zip(index, truth, strict=True)]) / K > 0.999
