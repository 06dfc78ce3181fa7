"""The mixture, merging and silhouettes, on planted clusters."""

import numpy as np
import pytest

from scrcl_geo import cluster
from scrcl_geo.cluster import _silhouette


@pytest.fixture(scope="module")
def planted():
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [80, 50, 20])
    return rng.normal(size=(150, 4)) * 0.4 + 4 * np.eye(4)[truth], truth


def test_mixture_sees_past_a_large_component_that_splits_nothing(planted):
    x, truth = planted
    rng = np.random.default_rng(1)
    spread = 30 * rng.normal(size=(150, 1))  # k-means would cut here
    assert np.array_equal(cluster.gmm(np.concatenate([spread, x], axis=1), 3), truth)
    assert not np.array_equal(cluster.kmeans(np.concatenate([spread, x], axis=1), 3), truth)


def test_silhouette_prefers_the_truth(planted):
    x, truth = planted
    split = np.where(np.arange(150) % 2, truth, (truth + 1) % 3)
    scores = _silhouette.silhouettes([split, truth, np.zeros(150, int)], x)
    assert scores.argmax() == 1
    assert scores[2] == -1


@pytest.mark.parametrize("balance", [0.0, 0.5, 1.0])
def test_merging_finds_small_clusters_beside_large_ones(balance):
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [900, 90, 12])
    x = rng.normal(size=(1002, 2)) + np.array([[0, 0], [12, 0], [0, 12]])[truth]
    assert np.array_equal(cluster.merging(x, 3, balance=balance), truth)


def test_merging_with_as_many_clusters_as_cells():
    x = np.arange(6.0)[:, None]
    assert sorted(cluster.merging(x, 6)) == list(range(6))
