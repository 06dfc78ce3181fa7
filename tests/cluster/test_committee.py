"""The committee: judgement, consensus, and that bad embeddings cannot spoil the answer."""

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
    found = cluster.committee({"noise": noise, "x": x, "more": noise[::-1].copy()}, 3, judges=[x])
    assert np.array_equal(found, truth)


def test_silhouette_prefers_the_truth(planted):
    x, truth = planted
    split = np.where(np.arange(150) % 2, truth, (truth + 1) % 3)
    scores = _committee.silhouettes([split, truth, np.zeros(150, int)], x)
    assert scores.argmax() == 1
    assert scores[2] == -1


def test_consensus_is_what_most_partitions_say(planted):
    _, truth = planted
    rng = np.random.default_rng(0)
    partitions = []
    for _ in range(9):  # each with a tenth of the cells misplaced and its own numbering
        wrong = np.where(rng.random(150) < 0.1, rng.integers(0, 3, 150), truth)
        partitions.append(rng.permutation(3)[wrong])
    assert (cluster.consensus(partitions, 3) == truth).mean() > 0.98


def test_unknown_clusterer_is_refused(planted):
    with pytest.raises(ValueError, match="clusterers is not known: found 'x'"):
        cluster.committee({"x": planted[0]}, 3, clusterers=["x"])


@pytest.mark.parametrize("balance", [0.0, 0.5, 1.0])
def test_merging_finds_small_clusters_beside_large_ones(balance):
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [900, 90, 12])
    x = rng.normal(size=(1002, 2)) + np.array([[0, 0], [12, 0], [0, 12]])[truth]
    assert np.array_equal(cluster.merging(x, 3, balance=balance), truth)


def test_merging_with_as_many_clusters_as_cells():
    x = np.arange(6.0)[:, None]
    assert sorted(cluster.merging(x, 6)) == list(range(6))
