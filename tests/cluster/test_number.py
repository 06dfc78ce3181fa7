"""The number of clusters: planted numbers are found, tables are whole, the cost is bounded."""

import numpy as np
import pandas as pd
import pytest

from scrcl_geo import cluster
from scrcl_geo.cluster import _number


def planted(n_clusters, n_cells=300, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_clusters, n_cells)
    return rng.normal(size=(n_cells, 12)) * 0.4 + 4 * np.eye(12)[truth]


@pytest.mark.parametrize("n_clusters", [3, 5, 9])
def test_planted_number_is_found_and_stable(n_clusters):
    table = cluster.number_of_clusters(planted(n_clusters))
    assert cluster.best_number(table) == n_clusters
    row = table.set_index("n_clusters").loc[n_clusters]
    assert row["stability"] > 0.99
    assert table["n_clusters"].tolist() == list(range(3, 18))


def test_the_smallest_of_numbers_that_are_as_good():
    table = pd.DataFrame({"n_clusters": [3, 4, 5, 6], "score": [0.2, 0.46, 0.5, 0.48]})
    assert cluster.best_number(table) == 5
    assert cluster.best_number(table, tolerance=0.05) == 4


def test_noise_is_unstable():
    x = np.random.default_rng(0).normal(size=(300, 8))
    table = cluster.number_of_clusters(x, max_clusters=8)
    assert table["stability"].max() < 0.8
    assert (table["stability_low"] <= table["stability_high"]).all()


def test_one_seed_one_table():
    x = np.random.default_rng(0).normal(size=(100, 5))
    assert cluster.number_of_clusters(x, seed=1).equals(cluster.number_of_clusters(x, seed=1))
    assert not cluster.number_of_clusters(x, seed=1).equals(cluster.number_of_clusters(x, seed=2))


@pytest.mark.parametrize("n_cells", [3, 4, 11, 12])
def test_few_cells(n_cells):
    x = np.random.default_rng(0).normal(size=(n_cells, 3))
    assert 2 <= cluster.best_number(cluster.number_of_clusters(x)) < n_cells


def test_too_few_cells():
    with pytest.raises(ValueError, match="too few cells to estimate a number of clusters: found 2; pass"):
        cluster.number_of_clusters(np.eye(2))


def test_identical_cells_are_refused():
    with pytest.raises(ValueError, match="all cells are alike"):
        cluster.number_of_clusters(np.ones((40, 3)))


def test_cells_beyond_the_bound_cost_nothing(monkeypatch):
    seen = []
    path = _number.merging_path
    monkeypatch.setattr(_number, "_CELLS", 200)
    monkeypatch.setattr(_number, "merging_path", lambda x, *a, **k: seen.append(len(x)) or path(x, *a, **k))
    table = cluster.number_of_clusters(planted(4, 5000), max_clusters=8)
    assert cluster.best_number(table) == 4
    assert set(seen) == {200, 160}


def test_two_is_the_most_where_it_is_asked_for():
    assert cluster.number_of_clusters(planted(4, 200), max_clusters=2)["n_clusters"].tolist() == [2]


def test_input_errors():
    with pytest.raises(ValueError, match="n_clusters is too small: found 1"):
        cluster.number_of_clusters(np.zeros((9, 2)), max_clusters=1)
    with pytest.raises(ValueError, match="n_repeats is too small: found 1"):
        cluster.number_of_clusters(np.zeros((9, 2)), n_repeats=1)


def test_the_order_of_cells_changes_nothing():
    x = np.random.default_rng(3).normal(size=(150, 4)).astype(np.float32)
    table = cluster.number_of_clusters(x)
    for seed in range(3):
        other = cluster.number_of_clusters(x[np.random.default_rng(seed).permutation(len(x))])
        pd.testing.assert_frame_equal(other, table)
