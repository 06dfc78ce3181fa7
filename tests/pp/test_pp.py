"""Graphs from counts, log and scaled values, and what is written."""

import logging

import numpy as np
import pytest
from scipy import sparse

import scrcl_geo as sg


def small(**options):
    return sg.datasets.toy(n_slides=1, n_cells=80, n_genes=60, **options)


def test_writes_scanpys_triples(toy_graph):
    for key, slot in (
        ("scrcl_expression", "obsp"),
        ("scrcl_spatial_neighbors", "obsp"),
        ("coexpression_neighbors", "varp"),
    ):
        entry = toy_graph.uns[key]
        connectivities = getattr(toy_graph, slot)[entry["connectivities_key"]]
        distances = getattr(toy_graph, slot)[entry["distances_key"]]
        assert set(np.unique(connectivities.data)) == {1.0}
        assert (connectivities != connectivities.T).nnz == 0
        assert connectivities.diagonal().sum() == 0
        assert distances.nnz <= connectivities.nnz
        assert entry["params"]["n_neighbors"] > 0


def test_scanpy_reads_the_graph(adata):
    import scanpy as sc

    sc.tl.leiden(adata, flavor="igraph", directed=False, n_iterations=2, neighbors_key="scrcl_expression")
    sc.tl.paga(adata, groups="leiden", neighbors_key="scrcl_expression")
    assert "paga" in adata.uns


def test_no_edge_between_slides(toy_graph):
    slide = toy_graph.obs["slide"].to_numpy()
    edges = toy_graph.obsp["scrcl_spatial_connectivities"].tocoo()
    assert (slide[edges.row] == slide[edges.col]).all()


def test_expression_neighbors_are_shared_among_samples(toy_graph):
    sample = toy_graph.obs["slide"].cat.codes.to_numpy()
    links = toy_graph.obsp["scrcl_expression_distances"].tocoo()
    own = np.bincount(links.row[sample[links.row] == sample[links.col]], minlength=toy_graph.n_obs)
    every = np.bincount(links.row, minlength=toy_graph.n_obs)
    n_samples = sample.max() + 1
    assert n_samples > 1
    assert (np.abs(own - every / n_samples) < 1).all()


def test_every_cell_needs_a_sample():
    adata = sg.datasets.toy(n_cells=30, n_genes=50)
    adata.obs["slide"] = adata.obs["slide"].where(np.arange(adata.n_obs) > 2)
    with pytest.raises(ValueError, match=r"obs\['slide'\] must name the sample of every cell: found 3 of"):
        sg.pp.graph(adata, batch_key="slide")
    assert not adata.obsm.keys() - {"spatial"}


def test_every_cell_has_neighbors_and_exact_ones():
    adata = small()
    sg.pp.graph(adata, n_neighbors=4, n_comps=10)
    x = adata.obsm["X_scrcl_pca"]
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    distance = 1 - x @ x.T
    np.fill_diagonal(distance, np.inf)
    nearest = np.argsort(distance, axis=1)[:, :4]
    found = adata.obsp["scrcl_expression_distances"]
    for i in range(adata.n_obs):
        assert set(found[i].indices) == set(nearest[i])


def test_duplicate_cells_keep_their_edges():
    adata = small()
    adata.X = adata.X[[0, 0, *range(2, adata.n_obs)]]
    sg.pp.graph(adata, n_neighbors=3)
    assert (np.diff(adata.obsp["scrcl_expression_distances"].indptr) == 3).all()
    assert adata.obsp["scrcl_expression_connectivities"][0, 1] == 1


@pytest.mark.parametrize("kind", ["counts", "normalized", "log", "scaled"])
def test_kind_of_values_is_detected_and_logged(kind, caplog):
    adata = small()
    counts = adata.X.toarray()
    log = np.log1p(counts / counts.sum(1, keepdims=True) * 50)
    adata.X = {
        "counts": counts,
        "normalized": counts * 1.37,
        "log": log,
        "scaled": log - log.mean(0),
    }[kind]
    with caplog.at_level(logging.INFO, "scrcl_geo"):
        sg.pp.graph(adata)
    assert adata.uns["scrcl_graph"]["values"] == kind
    assert f"look like {kind}" in caplog.text


def test_layer_is_read_and_input_left_alone():
    adata = small()
    adata.layers["raw"] = adata.X.copy()
    adata.X = None
    before = adata.layers["raw"].copy()
    sg.pp.graph(adata, layer="raw")
    assert (adata.layers["raw"] != before).nnz == 0
    assert adata.obsm["X_scrcl_pca"].dtype == np.float32


@pytest.mark.parametrize("layout", [sparse.csc_matrix, sparse.csr_array, np.asarray])
def test_layouts_of_the_matrix_agree(layout):
    expected, adata = small(), small()
    sg.pp.graph(expected)
    adata.X = adata.X.toarray() if layout is np.asarray else layout(adata.X)
    sg.pp.graph(adata)
    np.testing.assert_allclose(adata.obsm["X_scrcl_pca"], expected.obsm["X_scrcl_pca"], atol=1e-4)


def test_selects_expressed_variable_genes():
    adata = small()
    adata.X = adata.X.toarray()
    adata.X[:, 7] = 0
    sg.pp.graph(adata)
    assert not adata.var["scrcl_used"].iloc[7]
    assert adata.var["scrcl_used"].sum() <= 59
    assert not adata.varm["scrcl_pca"][7].any()
    sg.pp.graph(adata, n_top_genes=20)
    assert adata.var["scrcl_used"].sum() == 20


def test_components_equal_a_dense_decomposition():
    from sklearn.decomposition import PCA

    from scrcl_geo._features import projection

    x = small().X
    totals = np.asarray(x.sum(axis=1)).ravel()
    for transform in ("log", "zscore", "pearson"):
        fitted = projection.fit_projection(x, totals, transform, 5)
        found = fitted.apply(x, totals)
        expected = PCA(5, svd_solver="full").fit_transform(transformed(fitted, x, totals))
        expected /= np.sqrt(expected.var(axis=0).sum())
        signs = np.sign((found * expected).sum(axis=0))
        np.testing.assert_allclose(found, expected * signs, atol=1e-4)


def transformed(fitted, x, totals):
    from scrcl_geo._features import projection

    return projection._transformer(fitted.transform, fitted.mean, fitted.scale, fitted.limit)(x, totals)


def test_pearson_residuals_equal_scanpys():
    import scanpy as sc

    from scrcl_geo._features import projection

    adata = small()
    totals = np.asarray(adata.X.sum(axis=1)).ravel()
    fitted = projection.fit_projection(adata.X, totals, "pearson", 5)
    found = transformed(fitted, adata.X, totals)
    variance = projection.residual_variance(adata.X, totals)
    adata.X = adata.X.toarray()
    sc.experimental.pp.normalize_pearson_residuals(adata)
    np.testing.assert_allclose(found, adata.X, atol=1e-4)
    np.testing.assert_allclose(variance, adata.X.var(axis=0), rtol=1e-3)


def test_without_space_no_spatial_edges():
    adata = small(spatial=False)
    sg.pp.graph(adata)
    assert "scrcl_spatial_connectivities" not in adata.obsp
    with pytest.raises(ValueError, match=r"obsm\['spatial'\] is missing"):
        sg.pp.graph(adata, spatial="yes")
    in_space = small()
    sg.pp.graph(in_space)
    sg.pp.graph(in_space, spatial="no")
    assert "scrcl_spatial_connectivities" not in in_space.obsp


def test_fewer_cells_than_neighbors_work():
    adata = small()[:6].copy()
    sg.pp.graph(adata)
    assert adata.obsp["scrcl_expression_distances"].nnz == 6 * 5
