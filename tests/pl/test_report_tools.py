"""What a reader does: seek a gene, take cells and tables along, name clusters, share a view."""

import csv
import io
from urllib.parse import parse_qs

import numpy as np
import pandas as pd
import pytest
from pl.browser import hover, lasso, opened, saved

pytestmark = pytest.mark.filterwarnings("ignore")  # deprecations inside plotting libraries

NAME = 'Layer 5, <b>"deep"</b> & co'


@pytest.fixture
def page(chromium, path):
    page = opened(chromium, path)
    yield page
    assert page.problems == []
    page.close()


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def painted(page):
    return np.array(page.evaluate("Array.from(document.getElementById('view-tissue').data[0].marker.color)"))


def test_any_gene_is_found_by_typing(page, result):
    unranked = [name for name in result.var_names if name not in page.locator("#colour").inner_text()]
    assert len(unranked) > 30
    gene = unranked[7]
    page.locator("#gene").press_sequentially(gene[:-1].upper())
    assert gene in page.locator("#hits").inner_text()
    page.locator("#gene").fill(gene)
    assert page.locator("#hits li").first.inner_text() == gene
    page.locator("#gene").press("Enter")
    page.wait_for_function("gene => report.data.columns[report.state.colour].name === gene", arg=gene)
    values = result[:, gene].X.toarray().ravel()
    shown = painted(page)
    assert np.array_equal(shown > 0, values > 0)
    expected = np.log1p(values / result.X.sum(axis=1).A1 * result.uns["scrcl_graph"]["target_sum"])
    assert np.abs(shown / 254 * expected.max() - expected).max() <= expected.max() / 254
    assert page.locator("#colour option:checked").inner_text() == gene
    page.locator("#gene").fill("no such gene")
    assert page.locator("#hits").inner_text() == "no gene of that name"


def test_pages_of_a_gene_open_by_a_click_alone(page, result, path):
    gene = result.var_names[0]
    page.evaluate("gene => report.gene(gene)", gene)
    assert page.requests == [path.as_uri()]
    links = page.locator("#about a")
    assert [link.get_attribute("rel") for link in links.all()] == ["noopener noreferrer"] * 2
    assert all(f"={gene}" in link.get_attribute("href") for link in links.all())
    page.context.set_offline(True)
    with page.context.expect_event("request") as asked, page.context.expect_page() as opens:
        links.first.click()
    assert asked.value.url == f"https://www.ncbi.nlm.nih.gov/gene/?term={gene}"
    opens.value.close()
    assert page.requests == [path.as_uri()]


def test_no_button_sends_the_data_away(page):
    page.evaluate("report.drawAll()")
    titles = page.evaluate("[...document.querySelectorAll('.modebar-btn')].map(b => b.dataset.title || '')")
    assert titles
    assert not [title for title in titles if "cloud" in title.lower() or "share" in title.lower()]


def test_lassoed_cells_are_exported(page, result):
    assert page.locator("#save-cells").is_hidden()
    lasso(page, "view-tissue")
    text, name = saved(page, "#save-cells")
    table = pd.read_csv(io.StringIO(text), dtype=str).set_index("cell")
    assert name == "cells.csv"
    marked = page.evaluate("report.selected()")
    assert 0 < len(marked) < result.n_obs
    assert table.index.tolist() == result.obs_names[marked].tolist()
    cells = result[table.index]
    assert table["cluster"].tolist() == cells.obs["scrcl"].tolist()
    assert table["slide"].tolist() == cells.obs["slide"].tolist()
    places = table[["tissue_x", "tissue_y"]].to_numpy(float)
    assert np.allclose(places, cells.obsm["spatial"], atol=1e-3)  # as in the file, not as laid out
    assert np.allclose(table[["umap_x", "umap_y"]].to_numpy(float), cells.obsm["X_scrcl_umap"], atol=1e-4)


def test_clusters_are_renamed_everywhere_and_exported(page, result):
    page.evaluate("report.drawAll()")
    page.locator('[data-name="1"]').fill(NAME)
    page.locator('[data-name="1"]').press("Enter")
    page.wait_for_function("document.querySelector('#figure-sizes').innerText.includes('Layer')")
    assert NAME in page.locator("#legend").inner_text()
    for figure in ("sizes", "heatmap", "dotplot", "counts"):
        assert NAME in page.locator(f"#figure-{figure}").inner_text()
    assert NAME in page.locator("#figure-connectivity").inner_text()
    assert page.locator("#legend b, .figure b").count() == 0
    k = np.flatnonzero(result.obs["scrcl"] == "1")[0]
    hover(page, "view-umap", k, shows=NAME)
    text, name = saved(page, "#save-names")
    assert name == "names.csv"
    assert [list(row) for row in csv.reader(io.StringIO(text))] == [
        *(["cluster", "name"], ["0", "0"], ["1", NAME], ["2", "2"], ["3", "3"], ["4", "4"])
    ]
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.locator('[data-name="1"]').input_value() == NAME


def test_every_table_and_every_figure_is_saved(page, result):
    page.evaluate("report.drawAll()")
    buttons = "[...document.querySelectorAll('[data-csv]:not([hidden])')].map(b => b.dataset.csv)"
    for name in page.evaluate(buttons):
        table = rows(page.evaluate("name => report.table(name)", name))
        assert len(table) > 1, name
        assert None not in table[0], name
    text, name = saved(page, "[data-csv='associations']")
    assert name == "associations.csv"
    first = result.uns["scrcl_associations"].iloc[0]
    assert rows(text)[0]["gene"] == first["names"]
    assert float(rows(text)[0]["scores"]) == pytest.approx(first["scores"], rel=1e-4)
    for name in page.evaluate("[...document.querySelectorAll('[data-svg]')].map(b => b.dataset.svg)"):
        drawing = page.evaluate("name => report.svg(name)", name)
        assert drawing.startswith("<svg"), name
        assert "rgb(255, 255, 255)" in drawing  # paper
    text, name = saved(page, "[data-svg='view-tissue']")
    assert name == "view-tissue.svg"
    assert text.count('class="point"') >= result.n_obs


def test_a_view_is_shared_by_its_address(chromium, page, path, result):
    gene = result.var_names[3]
    page.evaluate("gene => report.gene(gene)", gene)
    page.evaluate("name => report.rename(2, name)", NAME)
    lasso(page, "view-umap")
    fragment = page.evaluate("location.hash")
    assert parse_qs(fragment[1:])["gene"] == [gene]
    other = opened(chromium, path, fragment=fragment)
    assert other.evaluate("report.selected()") == page.evaluate("report.selected()")
    assert other.evaluate("report.data.columns[report.state.colour].name") == gene
    assert np.array_equal(painted(other), painted(page))
    assert other.evaluate("report.clusterName(2)") == NAME
    other.locator("nav a").last.click()  # a section does not take the view's place
    assert other.evaluate("location.hash") == fragment
    assert other.problems == []
    other.close()


@pytest.mark.parametrize(
    "fragment",
    [
        "#gene=nothing&clusters=99,x,-1&slides=7,8&lasso=umap,1,2&zoom-umap=a,b",
        "#lasso=nowhere,1,1,2,2,3,3&colour=<img src=x onerror=window.hacked=1>",
        "#name-0=%3Cimg%20src%3Dx%20onerror%3Dwindow.hacked%3D1%3E&clusters=0",
    ],
)
def test_an_address_from_anyone_does_no_harm(chromium, path, fragment):
    page = opened(chromium, path, fragment=fragment)
    page.evaluate("report.drawAll()")
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0
    assert page.evaluate("report.state.lasso") is None
    assert page.evaluate("report.state.slides") == []
    assert page.problems == []
    page.close()


def test_two_slides_stand_side_by_side_in_one_scale(page, result):
    page.evaluate("gene => report.gene(gene)", result.var_names[5])
    page.locator("#slide-a").select_option(label="slide_2")
    page.locator("#slide-b").select_option(label="slide_1")
    page.wait_for_selector("#view-tissue-b .main-svg")
    titles = page.locator(".view h3").all_inner_texts()
    assert titles == ["slide_2", "slide_1", "UMAP"]
    state = """id => {
      const { data: [{ marker, x }], _fullLayout: { xaxis, yaxis } } = document.getElementById(id);
      const { cmin, cmax, colorscale, color } = marker;
      const scale = [xaxis, yaxis].map((axis) => Math.abs(axis.range[1] - axis.range[0]) / axis._length);
      const colours = [cmin, cmax, colorscale, Array.from(color)];
      return { colours, scale, shown: Array.from(x, Number.isFinite) };
    }"""
    left, right = (page.evaluate(state, view) for view in ("view-tissue", "view-tissue-b"))
    assert left["colours"] == right["colours"]
    assert np.allclose(left["scale"] + right["scale"], left["scale"][0])
    assert left["shown"] == (result.obs["slide"] == "slide_2").tolist()
    assert right["shown"] == (result.obs["slide"] == "slide_1").tolist()
    page.locator("#slide-a").select_option(label="all")
    page.wait_for_function("!document.getElementById('view-tissue-b')")
    assert page.locator(".view h3").all_inner_texts() == ["Tissue", "UMAP"]


def test_both_directions_of_the_umap_have_one_scale(page):
    scale = """axis => {
      const { range, _length } = document.getElementById("view-umap")._fullLayout[axis];
      return _length / (range[1] - range[0]);
    }"""
    assert page.evaluate(scale, "xaxis") == pytest.approx(page.evaluate(scale, "yaxis"), rel=1e-3)
