"""A sample is clustered and names the other cells."""

import numpy as np

from scrcl_geo.cluster import kmeans, on_sample


def groups(sizes=(900, 500, 100)):
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(len(sizes), 8)) * 6
    truth = np.repeat(np.arange(len(sizes)), sizes)
    order = rng.permutation(len(truth))
    return (centers[truth] + rng.normal(size=(len(truth), 8)))[order], truth[order]


def test_the_rest_follows_the_sample():
    x, truth = groups()
    labels = on_sample(lambda some: kmeans(some, 3), x, limit=200)
    np.testing.assert_array_equal(labels, truth)  # both are numbered by falling size


def test_few_cells_are_clustered_as_they_are():
    x, _ = groups()
    seen = []
    on_sample(lambda some: seen.append(len(some)) or kmeans(some, 3), x, limit=len(x))
    assert seen == [len(x)]


def test_the_clusterer_sees_no_more_than_the_limit():
    x, _ = groups()
    seen = []
    on_sample(lambda some: seen.append(len(some)) or kmeans(some, 3), x, limit=100)
    assert seen == [100]


def test_a_single_cluster_stays_one():
    x, _ = groups()
    assert not on_sample(lambda some: np.zeros(len(some), dtype=int), x, limit=100).any()
