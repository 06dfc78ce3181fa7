"""All clusterers: planted groups are found, labels run by size, one seed gives one result."""

import numpy as np
import pytest

from scrcl_geo import cluster

METHODS = [cluster.kmeans, cluster.gmm, cluster.leiden, cluster.merging]


@pytest.fixture(scope="module")
def groups():
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [60, 40, 30])
    return rng.normal(size=(130, 4)) * 0.3 + 4 * np.eye(4)[truth], truth


@pytest.mark.parametrize("method", METHODS)
def test_finds_planted_groups_in_order_of_size(groups, method):
    x, truth = groups
    order = np.random.default_rng(1).permutation(len(x))
    assert np.array_equal(method(x[order], 3), truth[order])


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_result(method):
    x = np.random.default_rng(0).normal(size=(200, 5))
    assert np.array_equal(method(x, 4, seed=3), method(x, 4, seed=3))


def test_leiden_needs_no_number(groups):
    x, truth = groups
    labels = cluster.leiden(x, resolution=0.1)
    assert np.array_equal(labels, truth)


@pytest.mark.parametrize("method", METHODS)
def test_number_of_clusters_is_checked(method):
    x = np.zeros((5, 2))
    with pytest.raises(ValueError, match="n_clusters is too small: found 1"):
        method(x, 1)
    with pytest.raises(ValueError, match="fewer cells than clusters: found 5 cells for n_clusters=6"):
        method(x, 6)
