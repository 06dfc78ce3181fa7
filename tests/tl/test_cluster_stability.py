"""Stability of clusters under the clusterer that found them."""

import numpy as np
import pytest

import scrcl_geo as sg


@pytest.fixture
def groups():
    adata = sg.datasets.toy(n_slides=1, n_cells=90)
    truth = np.repeat([0, 1, 2], 30)
    adata.obsm["X_own"] = 9 * np.eye(3)[truth] + np.random.default_rng(0).normal(size=(90, 3))
    return adata


@pytest.mark.parametrize("method", ["auto", "kmeans", "leiden"])
def test_clusters_that_are_there_come_back(groups, method):
    sg.tl.cluster(groups, 3, use_rep="X_own", method=method)
    table = sg.tl.cluster_stability(groups, use_rep="X_own", method=method, n_repeats=3)
    assert table["n_cells"].tolist() == [30, 30, 30]
    assert (table["stability"] > 0.95).all()


def test_a_resolution_is_leidens_and_decides_the_number(groups):
    sg.tl.cluster(groups, use_rep="X_own", method="leiden", resolution=0.3)
    table = sg.tl.cluster_stability(groups, use_rep="X_own", method="leiden", resolution=0.3, n_repeats=3)
    assert (table["stability"] > 0.95).all()
    with pytest.raises(ValueError, match="resolution is for Leiden alone"):
        sg.tl.cluster_stability(groups, use_rep="X_own", resolution=0.3)


def test_what_is_one_cluster_stays_one(groups):
    groups.obs["scrcl"] = "0"
    assert sg.tl.cluster_stability(groups, use_rep="X_own")["stability"].tolist() == [1.0]
