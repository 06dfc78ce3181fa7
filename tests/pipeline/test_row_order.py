"""The order of the rows of a file decides nothing."""

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import scrcl_geo as sg
from scrcl_geo import _pipeline
from scrcl_geo._pipeline import row_order
from scrcl_geo._validate import ScrclInputError

JOB = {"max_epochs": 10, "progress": False}


def cells(**slots):
    adata = sg.datasets.toy(n_slides=1, n_cells=150, n_genes=60)
    return anndata.AnnData(adata.X, obs=adata.obs, var=adata.var, obsm=dict(adata.obsm), **slots)


@pytest.mark.parametrize("spatial", ["yes", "no"])
@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_matrix, lambda x: x.toarray()])
def test_a_run_gives_each_cell_the_same_wherever_it_stands(spatial, form):
    adata = cells()
    adata.X = form(adata.X)
    order = np.random.default_rng(0).permutation(adata.n_obs)
    moved = adata[order].copy()
    for each in (adata, moved):
        _pipeline.run(each, _pipeline.Job(spatial=spatial, **JOB))
    assert adata.obs["scrcl"].iloc[order].equals(moved.obs["scrcl"])
    assert set(adata.obsm) == set(moved.obsm) >= {"X_scrcl", "X_scrcl_pca"}
    for key in adata.obsm:
        np.testing.assert_array_equal(adata.obsm[key][order], moved.obsm[key], err_msg=key)
    assert set(adata.obsp) == set(moved.obsp) >= {"scrcl_connectivities"}
    for key in adata.obsp:
        assert (adata.obsp[key][order][:, order] != moved.obsp[key]).nnz == 0, key
    np.testing.assert_array_equal(adata.varm["scrcl"], moved.varm["scrcl"])
    assert adata.var.equals(moved.var)
    assert adata.uns["scrcl"]["input_hash"] == moved.uns["scrcl"]["input_hash"]
    assert adata.uns["scrcl_n_clusters"]["table"].equals(moved.uns["scrcl_n_clusters"]["table"])


def test_what_is_written_stands_where_its_cell_does():
    adata = cells()
    _pipeline.run(adata, _pipeline.Job(4, **JOB))
    row = int(np.argmax(adata.obsm["X_scrcl_pca"][:, 0]))
    near = adata.obsp["scrcl_expression_connectivities"][row].indices
    distance = np.linalg.norm(adata.obsm["X_scrcl_pca"] - adata.obsm["X_scrcl_pca"][row], axis=1)
    assert np.median(distance[near]) < np.quantile(distance, 0.3)
    place = adata.obsm["spatial"]
    beside = adata.obsp["scrcl_spatial_connectivities"][row].indices
    away = np.linalg.norm(place - place[row], axis=1)
    assert away[beside].max() < np.quantile(away, 0.3)


def test_an_earlier_run_and_the_users_own_are_where_they_were():
    own = sparse.random(150, 150, 0.1, format="csr", random_state=0)
    adata = cells(obsp={"own": own}, varm={"own": np.ones((60, 2))}, uns={"own": {"a": 1}})
    adata.obs["own"] = np.arange(150)
    adata.layers["own"] = adata.X.copy()
    _pipeline.run(adata, _pipeline.Job(4, layer="own", **JOB))
    assert "X_scrcl_composition" in adata.obsm
    assert "scrcl_spatial_connectivities" in adata.obsp
    _pipeline.run(adata, _pipeline.Job(4, spatial="no", **JOB))
    assert "X_scrcl_composition" not in adata.obsm
    assert "scrcl_spatial_connectivities" not in adata.obsp
    assert "scrcl_reach" not in adata.uns
    assert adata.obsp["own"] is own or (adata.obsp["own"] != own).nnz == 0
    assert adata.obs["own"].tolist() == list(range(150))
    assert adata.uns["own"] == {"a": 1}
    np.testing.assert_array_equal(adata.varm["own"], 1)


def test_many_cells_are_left_as_they_are(monkeypatch):
    adata = cells()
    with row_order.in_own_order(adata) as work:
        assert work is not adata
    monkeypatch.setattr(row_order, "ORDERED_UP_TO", 100)
    with row_order.in_own_order(adata) as work:
        assert work is adata


@pytest.mark.parametrize(
    "place",
    [
        np.full((150, 2), "text"),
        sparse.csr_matrix(np.ones((150, 2))),
        np.full((150, 2), np.nan),
        pd.DataFrame({"x": ["a"] * 150}),
    ],
    ids=["text", "sparse", "nan", "frame"],
)
def test_coordinates_that_are_none_are_told_where_they_are_needed(place):
    adata = cells()
    if isinstance(place, pd.DataFrame):
        place = place.set_index(adata.obs_names)
    adata.obsm["spatial"] = place
    with pytest.raises(ScrclInputError, match=r"obsm\['spatial'\]"):
        _pipeline.run(adata, _pipeline.Job(4, spatial="yes", **JOB))
    _pipeline.run(adata, _pipeline.Job(4, spatial="no", **JOB))
    assert adata.obs["scrcl"].nunique() == 4


def test_cells_that_express_the_same_are_told_apart_by_their_place():
    x = sparse.csr_matrix(np.ones((4, 3)))
    place = np.array([[3.0, 1.0], [1.0, 1.0], [2.0, 5.0], [0.0, 2.0]])
    order = row_order.by_content(x, place)
    turned = row_order.by_content(x, place[::-1])
    np.testing.assert_array_equal(place[order], place[::-1][turned])
