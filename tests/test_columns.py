"""Columns with categories that no cell has, or with no value at all, and numbers of the wrong kind."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import scrcl_geo as sg

mpl.use("Agg")
MESSAGE = r"obs\['none'\] says nothing"


@pytest.fixture
def columns(toy_graph):
    adata = toy_graph.copy()
    adata.obsm["X_scrcl"] = adata.obsm["X_scrcl_pca"].copy()
    values = np.where(adata.obs["domain"].astype(str) == "layer_1", "a", "b")
    adata.obs["part"] = pd.Categorical(values, categories=["nowhere", "b", "a"])
    adata.obs["none"] = np.nan
    return adata


def test_a_category_without_cells_is_no_group(columns):
    table = sg.tl.associations(columns, groupby="part")
    assert list(table["group"].unique()) == ["b", "a"]
    assert sg.pl.dotplot(columns, groupby="part") is not None


def test_a_column_without_values_is_told(columns, tmp_path):
    sg.tl.associations(columns, groupby="part")
    columns.obs["scrcl"] = columns.obs["part"]
    for call in (
        lambda: sg.tl.associations(columns, groupby="none"),
        lambda: sg.pl.dotplot(columns, groupby="none"),
        lambda: sg.pl.confusion(columns, "none"),
        lambda: sg.pl.report(columns, tmp_path / "report.html", batch_key="none"),
    ):
        with pytest.raises(sg._validate.ScrclInputError, match=MESSAGE):
            call()


def test_classes_of_several_types_are_shown(columns):
    columns.obs["mixed"] = [1 if i % 2 else "x" for i in range(columns.n_obs)]
    assert sg.pl.confusion(columns, "mixed", groupby="part") is not None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a: sg.tl.cluster(a, 3.0), "n_clusters is no whole number: found 3.0"),
        (lambda a: sg.tl.cluster(a, 3, seed=-1), "seed is out of range"),
        (lambda a: sg.pp.graph(a, n_neighbors=5.0), "n_neighbors is no whole number"),
        (lambda a: sg.pp.graph(a, seed=None), "seed is out of range: found None"),
    ],
)
def test_numbers_of_the_wrong_kind_are_told(columns, call, message):
    with pytest.raises(sg._validate.ScrclInputError, match=message):
        call(columns)


@pytest.mark.parametrize("n_cells", [2, 3, 4])
def test_hardly_any_cells_have_a_plane_and_communities(columns, n_cells):
    few = columns[:n_cells].copy()
    sg.tl.umap(few)
    assert few.obsm["X_scrcl_umap"].shape == (n_cells, 2)
    assert np.isfinite(few.obsm["X_scrcl_umap"]).all()
    for number in (None, 2):
        sg.tl.cluster(few, number, method="leiden")
        assert few.obs["scrcl"].notna().all()
