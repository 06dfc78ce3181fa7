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


def test_genes_of_the_heat_map_have_their_symbols(done):
    table = done.uns["scrcl_associations"]
    done.uns["scrcl_associations"] = table.assign(symbols="symbol of " + table["names"])
    ax = sg.pl.associations(done, n_genes=2)
    done.uns["scrcl_associations"] = table
    top = table.groupby("group").head(2)["names"].unique()
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [f"symbol of {name}" for name in top]


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
        described = text.split("Examples\n")[0]
        assert not re.search(r"\{\w+\}", described), name
        assert "save\n        File to write." in text or name == "report", name


def test_slides_stand_beside_each_other_with_one_scale(adata, tmp_path):
    axes = sg.pl.spatial(
        adata, color=["domain", adata.var_names[0]], library_key="slide", save=tmp_path / "slides.svg"
    )
    assert [ax.get_title() for ax in axes[:2]] == ["slide_1: domain", "slide_2: domain"]
    left, right = (ax.collections[-1] for ax in axes[2:])
    assert left.get_clim() == right.get_clim()
    assert [ax.get_legend() is not None for ax in axes] == [False, True, False, False]
    assert "slide_1: domain" in (tmp_path / "slides.svg").read_text()  # text, no outlines of letters
    with pytest.raises(ValueError, match="1 axes for 4"):
        sg.pl.spatial(adata, color=["domain", "slide"], library_key="slide", ax=axes[0])


def test_a_legend_does_not_make_the_tissue_smaller(adata):
    adata.obs["long"] = adata.obs["domain"].cat.rename_categories(
        lambda name: f"{name}, with a very long name"
    )
    short, long, number = sg.pl.spatial(adata, color=["domain", "long", adata.var_names[0]])
    width, _ = short.figure.get_size_inches()
    sizes = {
        tuple((ax.get_position(original=True).size * ax.figure.get_size_inches()).round(6))
        for ax in (short, long, number)
    }
    assert len(sizes) == 1
    boxes = [ax.get_tightbbox() for ax in (short, long, number)]
    assert boxes[0].x1 < boxes[1].x0 < boxes[1].x1 < boxes[2].x0
    (bar,) = number.child_axes
    assert bar.get_position().height == pytest.approx(number.get_position().height)
    assert boxes[2].x1 <= width * short.figure.dpi


def test_clusters_take_the_colours_of_the_classes_that_they_match(adata):
    adata.obs["found"] = adata.obs["domain"].cat.rename_categories(
        dict(zip(adata.obs["domain"].cat.categories, "edcba", strict=True))
    )
    classes, clusters = sg.pl.spatial(adata, color=["domain", "found"], match="domain")
    one, other = (
        {
            entry.get_text(): dot.get_color()
            for entry, dot in zip(ax.get_legend().get_texts(), ax.get_legend().legend_handles, strict=True)
        }
        for ax in (classes, clusters)
    )
    assert other == dict(zip("edcba", one.values(), strict=True))


def test_a_scale_bar_is_drawn_where_the_unit_is_known(adata):
    from matplotlib_scalebar.scalebar import ScaleBar

    def bars(**how):
        return [
            child
            for child in sg.pl.spatial(adata, color="domain", **how).get_children()
            if isinstance(child, ScaleBar)
        ]

    assert bars() == []
    assert [bar.units for bar in bars(units="microns")] == ["um"]
    adata.uns["scrcl_units"] = "pixels"
    assert [bar.units for bar in bars()] == ["px"]
    assert bars(units="none") == []
    with pytest.raises(ValueError, match="units is not known"):
        bars(units="miles")


def test_nothing_is_written_to_the_data(adata):
    before = set(adata.uns)
    sg.pl.spatial(adata, color=["domain", "slide"], library_key="slide")
    assert set(adata.uns) == before
