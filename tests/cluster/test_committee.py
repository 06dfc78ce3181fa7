"""The committee: ranks, agreement, and that a bad embedding cannot spoil the answer."""

import numpy as np
import pytest

from scrcl_geo import cluster
from scrcl_geo.cluster import _committee


@pytest.fixture(scope="module")
def planted():
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [80, 50, 20])
    return rng.normal(size=(150, 4)) * 0.4 + 4 * np.eye(4)[truth], truth


def test_noise_among_the_embeddings_does_no_harm(planted):
    x, truth = planted
    noise = np.random.default_rng(1).normal(size=x.shape)
    found = cluster.committee({"noise": noise, "x": x, "more": noise[::-1].copy()}, [x], 3)
    assert np.array_equal(found, truth)


def test_ranks_by_silhouette_over_all_judges(planted):
    x, truth = planted
    split = np.where(np.arange(150) % 2, truth, (truth + 1) % 3)
    ranks = _committee._mean_rank([split, truth, np.zeros(150, int)], [x, x[:, :3]], seed=0)
    assert ranks[1] == 3.0


def test_medoid_is_the_candidate_most_agree_with():
    a = np.array([0, 0, 0, 1, 1, 1])
    nearly = np.array([0, 0, 1, 1, 1, 1])
    other = np.array([0, 1, 0, 1, 0, 1])
    assert _committee._medoid([other, a, nearly, a]) is a


def test_unknown_clusterer_is_refused(planted):
    with pytest.raises(ValueError, match="clusterers is not known: found 'x'"):
        cluster.committee({"x": planted[0]}, [planted[0]], 3, clusterers=["x"])


@pytest.mark.parametrize("balance", [0.0, 0.5, 1.0])
def test_merging_finds_small_clusters_beside_large_ones(balance):
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [900, 90, 12])
    x = rng.normal(size=(1002, 2)) + np.array([[0, 0], [12, 0], [0, 12]])[truth]
    assert np.array_equal(cluster.merging(x, 3, balance=balance), truth)


def test_merging_with_as_many_clusters_as_cells():
    x = np.arange(6.0)[:, None]
    assert sorted(cluster.merging(x, 6)) == list(range(6))
