"""Neighbourhood composition: shares of planted types, and domains that show in it."""

import numpy as np
import pytest
from scipy import sparse

import scrcl_geo as sg
from scrcl_geo._features.composition import shares


def ring(n):
    i = np.arange(n)
    ones = np.ones(n, np.float32)
    step = sparse.csr_matrix((ones, (i, (i + 1) % n)), (n, n))
    return (step + step.T).tocsr()


def test_shares_are_those_of_the_neighbourhood():
    found = shares(np.array([0, 0, 0, 1, 1, 1]), ring(6), 1, 2)
    expected = [[2, 1], [3, 0], [2, 1], [1, 2], [0, 3], [1, 2]]
    np.testing.assert_allclose(found, np.array(expected) / 3, atol=1e-6)


def test_no_hops_give_the_type_of_the_cell_itself():
    types = np.array([0, 1, 2, 2])
    np.testing.assert_array_equal(shares(types, ring(4), 0, 3), np.eye(3)[types])


def test_writes_components_of_unit_variance(toy_graph):
    x = toy_graph.obsm["X_scrcl_composition"]
    assert x.shape == (toy_graph.n_obs, 40)
    assert x.dtype == np.float32
    for part in np.split(x, 4, axis=1):
        assert part.var(axis=0).sum() == pytest.approx(1, rel=1e-3)
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-3)


def test_domains_show_in_the_composition():
    adata = sg.datasets.toy(n_slides=1)
    sg.pp.graph(adata)
    sg.pp.composition(adata)
    found = sg.cluster.kmeans(adata.obsm["X_scrcl_composition"], 5)
    assert sg.metrics.ari(adata.obs["domain"], found) > 0.6


def test_needs_space():
    adata = sg.datasets.toy(spatial=False)
    sg.pp.graph(adata)
    with pytest.raises(ValueError, match=r"run sg.pp.spatial_neighbors\(adata\) first"):
        sg.pp.composition(adata)
