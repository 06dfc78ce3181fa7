"""Slides at other levels are brought to one."""

import numpy as np
import pytest
from scipy import sparse

import scrcl_geo as sg
from scrcl_geo._features.expression import used_expression
from scrcl_geo._features.sample_scales import sample_scales, scaled


def planted(rng, shares, n_cells, factor):
    """Counts of cells of three kinds, each with genes of its own, times a factor of each gene."""
    rate = 1 + 8 * np.repeat(np.eye(3), 10, axis=1)
    kind = rng.choice(3, n_cells, p=shares)
    return rng.poisson(5 * rate[kind] * factor)


@pytest.mark.parametrize("shares", [(1 / 3, 1 / 3, 1 / 3), (0.6, 0.3, 0.1), (0.5, 0.5, 0.0)])
def test_factors_are_found_whatever_the_composition(shares):
    rng = np.random.default_rng(0)
    factor = np.exp(rng.normal(0, 0.5, 30))
    counts = np.concatenate(
        [planted(rng, (1 / 3, 1 / 3, 1 / 3), 500, 1), planted(rng, shares, 400, factor)]
    ).astype(np.float32)
    sample = np.repeat([0, 1], [500, 400])
    scales = sample_scales(sparse.csr_matrix(np.log1p(counts)), sample)
    assert (scales[0] == 1).all()  # the larger one stays
    error = np.log(scales[1]) + np.log(factor)
    assert np.abs(error).max() < 0.25
    assert error.std() < 0.1


def test_samples_at_one_level_stay_there():
    rng = np.random.default_rng(1)
    counts = planted(rng, (0.5, 0.3, 0.2), 900, 1).astype(np.float32)
    scales = sample_scales(sparse.csr_matrix(np.log1p(counts)), np.repeat([0, 1, 2], 300))
    assert (scales == 1).all()


def test_what_differs_by_kind_is_biology_and_stays():
    rng = np.random.default_rng(0)
    one = planted(rng, (1 / 3, 1 / 3, 1 / 3), 600, 1)
    kind = rng.choice(3, 500)
    factor = np.exp(rng.normal(0, 0.7, (3, 30)))[kind]  # another one in each kind
    other = rng.poisson(5 * (1 + 8 * np.repeat(np.eye(3), 10, axis=1))[kind] * factor)
    log = sparse.csr_matrix(np.log1p(np.concatenate([one, other])).astype(np.float32))
    assert (sample_scales(log, np.repeat([0, 1], [600, 500])) == 1).all()


def test_scaling_edits_nothing():
    values = sparse.csr_matrix(np.array([[1.0, 2.0], [3.0, 4.0]], np.float32))
    found = scaled(values, np.array([[1, 1], [2, 3]], np.float32), np.array([0, 1]))
    np.testing.assert_array_equal(found.toarray(), [[1, 2], [6, 12]])
    np.testing.assert_array_equal(values.toarray(), [[1, 2], [3, 4]])


@pytest.mark.parametrize("values", ["counts", "log"])
def test_the_graph_reads_levelled_expression(values):
    adata = sg.datasets.toy(n_cells=400, n_genes=60)
    other = (adata.obs["slide"] == "slide_2").to_numpy()
    factor = np.exp(np.random.default_rng(0).normal(0, 0.7, 60))
    adata.X = sparse.csr_matrix(adata.X.multiply(np.where(other[:, None], factor, 1))).astype(np.float32)
    if values == "log":
        adata.X = adata.X.log1p()
    before = adata.X.copy()
    sg.pp.graph(adata, batch_key="slide", values=values)
    assert (before != adata.X).nnz == 0
    scales, used = adata.varm["scrcl_sample_scales"], adata.var["scrcl_used"].to_numpy()
    assert (scales[:, 0] == 1).all()  # as many cells as the other, and first
    assert np.corrcoef(np.log(scales[used, 1]), np.log(factor[used]))[0, 1] < -0.8
    levelled = used_expression(adata)
    sg.pp.graph(adata, values=values)  # without slides nothing of it is left
    assert "scrcl_sample_scales" not in adata.varm
    plain = used_expression(adata)
    assert (levelled[~other] != plain[~other]).nnz == 0
    assert (levelled[other] != plain[other]).nnz > 0.9 * plain[other].nnz


def test_scaled_values_stay():
    adata = sg.datasets.toy(n_cells=100, n_genes=50)
    dense = adata.X.toarray()
    adata.X = (dense - dense.mean(axis=0)) / (dense.std(axis=0) + 1)
    sg.pp.graph(adata, batch_key="slide")
    assert "scrcl_sample_scales" not in adata.varm


def test_slides_on_top_of_each_other_are_told(caplog):
    adata = sg.datasets.toy(n_cells=100, n_genes=50)
    together = adata.copy()
    for slide in ("slide_1", "slide_2"):
        cells = (adata.obs["slide"] == slide).to_numpy()
        together.obsm["spatial"][cells] -= together.obsm["spatial"][cells].min(axis=0)
    for case, warned in ((together, True), (adata, False)):
        caplog.clear()
        sg.pp.graph(case)
        assert ("slides of obs['slide'] lie on top of each other" in caplog.text) is warned
