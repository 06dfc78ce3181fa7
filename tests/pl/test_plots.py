"""Figures: axes come back, files are written, errors name the remedy."""

import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

import scrcl_geo as sg

mpl.use("Agg")
pytestmark = pytest.mark.filterwarnings("ignore")  # deprecations inside plotting libraries


PLOTS = [sg.pl.umap, sg.pl.spatial, sg.pl.losses, sg.pl.associations, sg.pl.stability]


@pytest.fixture(scope="module")
def done(toy_graph):
    adata = toy_graph[toy_graph.obs["slide"] == "slide_1"].copy()
    sg.tl.embed(adata, max_epochs=2, progress=False)
    sg.tl.estimate_clusters(adata, max_clusters=6)
    sg.tl.cluster(adata, 5)
    sg.tl.associations(adata)
    adata.obsm["X_scrcl_umap"] = adata.obsm["X_scrcl_pca"][:, :2]
    return adata


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


@pytest.mark.parametrize("plot", PLOTS)
def test_draws_and_saves(done, plot, tmp_path):
    own = plt.figure().add_subplot()
    ax = plot(done, ax=own, save=tmp_path / "plot.png")
    assert ax is own
    assert ax.has_data()
    assert (tmp_path / "plot.png").stat().st_size > 5000


def test_every_gene_of_the_heat_map_is_labelled(done):
    ax = sg.pl.associations(done, n_genes=2)
    top = done.uns["scrcl_associations"].groupby("group").head(2)["names"].unique()
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(top)


def test_errors_name_the_remedy(adata):
    with pytest.raises(ValueError, match=r"run sg.tl.umap\(adata\) first"):
        sg.pl.umap(adata)
    with pytest.raises(ValueError, match="color 'nothing' is neither a column of obs nor a gene"):
        sg.pl.spatial(adata, color="nothing")
    with pytest.raises(ValueError, match=r"run sg.tl.estimate_clusters\(adata\) first"):
        sg.pl.stability(adata)
    with pytest.raises(ValueError, match=r"run sg.tl.associations\(adata\) first"):
        sg.pl.associations(adata)
    with pytest.raises(ValueError, match=r"run sg.tl.embed\(adata\) first"):
        sg.pl.losses(adata)


def test_shared_parameters_are_filled_in():
    for name in sg.pl.__all__:
        text = getattr(sg.pl, name).__doc__
        assert not re.search(r"\{\w+\}", text), name
        assert "save\n        File to write." in text or name == "report", name
