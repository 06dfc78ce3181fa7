"""A mixture that is stuck is moved on, and one that is not stays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from scrcl_geo.cluster import gmm
from scrcl_geo.cluster._mixture import mixture_from, tied_mixture
from scrcl_geo.cluster._split_merge import split_and_merged


def planted(n_clusters, n_cells=100, n_columns=4, seed=0, apart=8):
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(n_clusters), n_cells)
    return 8 * rng.normal(size=(n_clusters, n_columns))[truth] + rng.normal(
        size=(len(truth), n_columns)
    ), truth


def test_two_clusters_in_one_and_one_in_two_are_put_right():
    x, truth = planted(6)
    wrong = np.where(truth == 5, 4, truth)
    wrong[:50] = 5  # half of the first
    stuck = mixture_from(x, wrong, 6)
    assert adjusted_rand_score(truth, stuck[1]) < 0.9
    likelihood, labels = split_and_merged(x, *stuck, 6)
    assert adjusted_rand_score(truth, labels) == 1
    assert likelihood == pytest.approx(mixture_from(x, truth, 6)[0], abs=1e-3)


def test_a_mixture_that_is_right_is_left_alone():
    x, truth = planted(4)
    right = mixture_from(x, truth, 4)
    likelihood, labels = split_and_merged(x, *right, 4)
    assert likelihood == right[0]
    assert labels is right[1]


def test_what_chance_gives_moves_nothing():
    x = np.random.default_rng(0).normal(size=(300, 10))
    begun = tied_mixture(x, 4, seed=0)
    other = max((tied_mixture(x, 4, seed=seed)[0] for seed in range(1, 20)), default=0)
    assert other > begun[0]  # a likelier one is there
    assert split_and_merged(x, *begun, 4)[0] == begun[0]


def test_an_empty_cluster_is_put_to_use():
    x, truth = planted(3)
    begun = mixture_from(x, np.minimum(truth, 1), 3)
    assert len(np.unique(begun[1])) == 2
    assert adjusted_rand_score(truth, split_and_merged(x, *begun, 3)[1]) == 1


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 6), st.integers(1, 5), st.integers(0, 100), st.booleans())
def test_never_less_likely_and_never_more_clusters(n_clusters, n_columns, seed, repeated):
    x = np.random.default_rng(seed).normal(size=(60, n_columns))
    x = np.repeat(x[:12], 5, axis=0) if repeated else x
    begun = tied_mixture(x, n_clusters, seed=seed)
    likelihood, labels = split_and_merged(x, *begun, n_clusters)
    assert likelihood >= begun[0]
    assert labels.shape == (60,)
    assert set(labels) <= set(range(n_clusters))


def test_many_clusters_are_found_from_any_seed():
    x, truth = planted(30, n_cells=60, n_columns=8, seed=1, apart=5)  # the likeliest of ten starts is at .96
    assert [adjusted_rand_score(truth, gmm(x, 30, seed=seed)) for seed in range(3)] == [1] * 3
