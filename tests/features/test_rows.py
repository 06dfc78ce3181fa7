"""A matrix in a file gives what the same matrix in memory gives, and samples stand in for many cells."""

import anndata
import numpy as np
import pytest
from scipy import sparse

import scrcl_geo as sg
from scrcl_geo import pp
from scrcl_geo._features import projection, rows, values
from scrcl_geo._validate import ScrclInputError


def small(**options):
    return sg.datasets.toy(n_slides=1, n_cells=300, n_genes=60, **options)


@pytest.mark.parametrize("layout", [sparse.csr_matrix, sparse.csc_matrix, np.asarray])
def test_a_backed_file_gives_the_same_result(layout, tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "_READ_ENTRIES", 60 * 70)  # chunks of 70 cells
    expected = small()
    expected.X = expected.X.toarray() if layout is np.asarray else layout(expected.X)
    expected.write_h5ad(tmp_path / "x.h5ad")
    backed = anndata.read_h5ad(tmp_path / "x.h5ad", backed="r")
    for adata in (expected, backed):
        sg.pp.graph(adata, n_top_genes=40)
        sg.tl.embed(adata, max_epochs=2, progress=False)
        sg.tl.cluster(adata, 4)
        sg.tl.associations(adata)
    assert rows.on_disk(backed.X)
    np.testing.assert_array_equal(backed.var["scrcl_used"], expected.var["scrcl_used"])
    np.testing.assert_allclose(backed.obsm["X_scrcl_pca"], expected.obsm["X_scrcl_pca"], atol=1e-5)
    np.testing.assert_allclose(backed.obsm["X_scrcl"], expected.obsm["X_scrcl"], atol=1e-3)
    assert (backed.obs["scrcl"] == expected.obs["scrcl"]).all()


def test_bad_numbers_in_a_file_are_found(tmp_path):
    adata = small()
    adata.X.data[5] = np.nan
    adata.write_h5ad(tmp_path / "x.h5ad")
    backed = anndata.read_h5ad(tmp_path / "x.h5ad", backed="r")
    with pytest.raises(ScrclInputError, match="1 NaN"):
        sg.pp.graph(backed)
    assert not backed.uns


def test_a_sample_of_cells_stands_in_for_all(monkeypatch):
    exact, sampled = sg.datasets.toy(n_slides=1, n_cells=2000), sg.datasets.toy(n_slides=1, n_cells=2000)
    sg.pp.select_genes(exact, n_top_genes=100, flavor="pearson_residuals")
    sg.pp.pca(exact, n_comps=4)
    for module in (values, projection):
        monkeypatch.setattr(module, "SAMPLE", 1000)
    sg.pp.select_genes(sampled, n_top_genes=100, flavor="pearson_residuals")
    sg.pp.pca(sampled, n_comps=4)
    shared = exact.var["scrcl_used"] & sampled.var["scrcl_used"]
    assert shared.sum() >= 85
    x, y = exact.obsm["X_scrcl_pca"], sampled.obsm["X_scrcl_pca"]
    residual = x - y @ np.linalg.lstsq(y, x, rcond=None)[0]  # components may turn within their space
    assert (residual**2).sum() < 0.1 * (x**2).sum()


def test_column_sums_take_any_layout():
    x = small().X
    for matrix in (x, x.tocsc(), x.toarray()):
        np.testing.assert_allclose(rows.column_sums(matrix), x.toarray().sum(axis=0))
        np.testing.assert_allclose(rows.column_sums(matrix, power=2), (x.toarray() ** 2).sum(axis=0))


def test_reading_leaves_the_input_alone():
    adata = small()
    pp.select_genes(adata)
    before = adata.X.copy()
    sg.pp.pca(adata, n_comps=3)
    assert (before != adata.X).nnz == 0
