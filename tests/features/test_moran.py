"""Moran's I beside scanpy's, between slides, and as a choice of genes."""

import numpy as np
import pytest
from scipy import sparse

import scrcl_geo as sg
from scrcl_geo._features.moran import morans_i, nearest_in_space


def drawn(n_cells=200, n_genes=30, seed=0):
    rng = np.random.default_rng(seed)
    return sparse.random(n_cells, n_genes, 0.4, "csr", np.float32, rng), rng.random((n_cells, 2))


def test_equals_scanpys():
    from scanpy.metrics import morans_i as scanpys

    expression, coordinates = drawn()
    one = np.zeros(200, np.int64)
    near = nearest_in_space(coordinates, one)
    found = morans_i(expression, near, one)
    np.testing.assert_allclose(found, scanpys(near.astype(np.float64), expression.T.toarray()), atol=1e-5)


def test_blocks_of_genes_change_nothing(monkeypatch):
    expression, coordinates = drawn()
    one = np.zeros(200, np.int64)
    near = nearest_in_space(coordinates, one)
    whole = morans_i(expression, near, one)
    monkeypatch.setattr("scrcl_geo._features.moran._ENTRIES", 200 * 7)
    np.testing.assert_allclose(morans_i(expression, near, one), whole, rtol=1e-5)


def test_a_gene_that_differs_between_slides_alone_is_not_spatial():
    expression, coordinates = drawn()
    slides = np.repeat([0, 1], 100)
    shifted = expression.toarray()
    shifted[slides == 1, 0] += 5
    near = nearest_in_space(coordinates, slides)
    assert near[:100, 100:].nnz == 0
    apart = morans_i(sparse.csr_matrix(shifted), near, slides)
    assert abs(apart[0]) < 0.3
    assert morans_i(sparse.csr_matrix(shifted), near, np.zeros(200, np.int64))[0] > 0.9


def test_genes_that_do_not_vary_and_small_slides_tell_nothing():
    coordinates = np.random.default_rng(0).random((23, 2))
    slides = np.repeat([0, 1], [20, 3])
    near = nearest_in_space(coordinates, slides)
    assert near[20:].nnz == 0
    flat = sparse.csr_matrix(np.full((23, 2), 3.0, np.float32))
    np.testing.assert_array_equal(morans_i(flat, near, slides), 0)


def with_one_pattern():
    """Genes of great variance without a pattern, and one of little variance that follows the place."""
    rng = np.random.default_rng(0)
    adata = sg.datasets.toy(n_slides=1, n_cells=300, n_genes=60)
    left = adata.obsm["spatial"][:, 0] < np.median(adata.obsm["spatial"][:, 0])
    x = rng.poisson(rng.gamma(0.2, 25, (300, 60))).astype(np.float32)
    x[:, 7] = rng.poisson(np.where(left, 4, 8))
    adata.X = sparse.csr_matrix(x)
    return adata


def test_tissue_takes_genes_that_space_tells_and_cells_those_that_vary():
    adata = with_one_pattern()
    sg.pp.select_genes(adata, n_top_genes=5)
    assert adata.var["scrcl_used"].to_numpy()[7]
    sg.pp.graph(adata, n_top_genes=5)
    assert adata.var["scrcl_used"].to_numpy()[7]
    sg.pp.graph(adata, n_top_genes=5, spatial="no")
    assert not adata.var["scrcl_used"].to_numpy()[7]
    sg.pp.select_genes(adata, n_top_genes=5, flavor="pearson_residuals")
    assert not adata.var["scrcl_used"].to_numpy()[7]


def test_morans_i_needs_a_place():
    adata = sg.datasets.toy(n_slides=1, n_cells=60, n_genes=60, spatial=False)
    with pytest.raises(ValueError, match=r"obsm\['spatial'\] is missing"):
        sg.pp.select_genes(adata, n_top_genes=5, flavor="morans_i")
    assert "scrcl_used" not in adata.var


def test_a_sample_of_a_large_tissue_tells_the_same(monkeypatch):
    adata = with_one_pattern()
    monkeypatch.setattr("scrcl_geo._features.values.SAMPLE", 200)
    sg.pp.select_genes(adata, n_top_genes=5)
    assert adata.var["scrcl_used"].to_numpy()[7]


def test_slides_of_one_cell_are_told_in_one_line():
    adata = sg.datasets.toy(n_slides=1, n_cells=60, n_genes=60)[:6].copy()
    adata.obs["alone"] = [str(i) for i in range(6)]
    assert nearest_in_space(adata.obsm["spatial"], np.arange(6)).nnz == 0
    with pytest.raises(ValueError, match="a slide is too small: found 1 cell"):
        sg.pp.graph(adata, n_top_genes=5, batch_key="alone")
