"""The report as a person uses it, in headless Chromium: hover, select, colour, dark, hostile names."""

import numpy as np
import pytest
from pl.browser import PLACE, hover, lasso, opened

import scrcl_geo as sg

pytestmark = pytest.mark.filterwarnings("ignore")  # deprecations inside plotting libraries

MARKED = (
    "name => { const s = document.getElementById(name).data[0].selectedpoints; return s && Array.from(s); }"
)


@pytest.fixture(scope="module")
def shared(chromium, path):
    page = opened(chromium, path)
    page.evaluate("report.drawAll()")
    yield page
    assert page.problems == []


@pytest.fixture
def page(shared):
    """The page as it was when it opened."""
    shared.evaluate("async () => { await report.clear(); await report.colour(0); scrollTo(0, 0); }")
    return shared


def test_everything_is_drawn_without_a_complaint_or_a_request(page, path):
    assert page.requests == [path.as_uri()]
    undrawn = "[...document.querySelectorAll('.figure, .plot')].filter(d => !d.querySelector('svg')).length"
    assert page.evaluate(undrawn) == 0
    assert page.locator(".figure").count() == 10
    assert page.problems == []


def test_points_are_painted(page):
    """Pixels of the cluster's colour lie where its cells are."""
    from io import BytesIO

    from PIL import Image

    x, y = page.evaluate(PLACE, ["view-umap", 0])
    shot = Image.open(BytesIO(page.screenshot())).convert("RGB")
    cluster = page.evaluate("report.clusterOf[0]")
    color = page.evaluate(f"report.data.clusters.colors[{cluster}]")
    assert "#{:02x}{:02x}{:02x}".format(*shot.getpixel((round(x), round(y)))) == color


def test_hovering_a_cell_shows_it_in_both_views(page, result):
    hover(page, "view-tissue", 17, shows=result.obs_names[17])
    text = page.locator("#tip").inner_text()
    assert f"cluster {result.obs['scrcl'].iloc[17]}" in text
    rings = page.locator(".ring:visible")
    assert rings.count() == 2
    box = rings.nth(1).bounding_box()
    there = page.evaluate(PLACE, ["view-umap", 17])
    assert np.allclose([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2], there, atol=1.5)
    page.mouse.move(5, 5)
    page.wait_for_selector("#tip", state="hidden")


def test_selecting_a_cluster_marks_it_everywhere(page, result):
    page.locator("#legend button").nth(2).click()
    cells = np.flatnonzero(result.obs["scrcl"] == "2").tolist()
    page.wait_for_function("document.getElementById('view-umap').data[0].selectedpoints")
    for view in ("view-tissue", "view-umap"):
        assert page.evaluate(MARKED, view) == cells
    for figure in ("sizes", "counts", "genes", "heatmap", "dotplot"):
        shapes = page.evaluate(f"document.getElementById('figure-{figure}').layout.shapes")
        assert [(s["x0"], s["x1"]) for s in shapes] == [(1.5, 2.5)]
    faint = page.evaluate("document.getElementById('figure-connectivity').data.at(-1).marker.opacity")
    assert [round(o, 2) for o in faint] == [0.18, 0.18, 1, 0.18, 0.18]
    assert page.locator("tr[data-selected]").count() == 1
    assert f"{len(cells)} cells" in page.locator("#selection").inner_text()
    page.locator("#clear").click()
    page.wait_for_function("!document.getElementById('view-umap').data[0].selectedpoints")
    assert page.locator("tr[data-selected]").count() == 0


def test_clicking_a_cell_selects_its_cluster(page, result):
    hover(page, "view-umap", 40, shows=result.obs_names[40])
    page.mouse.click(*page.evaluate(PLACE, ["view-umap", 40]))
    page.wait_for_function("document.getElementById('view-tissue').data[0].selectedpoints")
    own = result.obs["scrcl"] == result.obs["scrcl"].iloc[40]
    assert page.evaluate(MARKED, "view-tissue") == np.flatnonzero(own).tolist()


def test_lasso_in_the_tissue_selects_the_same_cells_in_the_umap(page):
    right = lasso(page, "view-tissue")
    cells = page.evaluate(MARKED, "view-umap")
    assert cells == page.evaluate(MARKED, "view-tissue")
    inside = [i for i in range(300) if page.evaluate(PLACE, ["view-tissue", i])[0] < right]
    assert len(set(cells) ^ set(inside)) <= 2  # a cell on the line may fall on either side
    assert 0 < len(cells) < 300


def test_colouring_by_a_gene(page):
    page.locator("button.gene").first.click()
    page.wait_for_function("report.state.colour > 0")
    gene = page.locator("button.gene").first.inner_text()
    k = page.evaluate("report.state.colour")
    assert page.evaluate(f"report.data.columns[{k}].name") == gene
    painted = page.evaluate("Array.from(document.getElementById('view-umap').data[0].marker.color)")
    given = page.evaluate(f"Array.from(report.column({k}))")
    assert painted == given
    assert len(set(given)) > 10
    page.locator("#colour").select_option("0")
    page.wait_for_function("report.state.colour === 0")


def test_dark_is_drawn_too(chromium, path):
    page = opened(chromium, path, color_scheme="dark")
    page.evaluate("report.drawAll()")
    ink = page.evaluate("getComputedStyle(document.querySelector('#figure-sizes text')).fill")
    red = int(ink.removeprefix("rgb(").split(",")[0])
    assert red > 150  # light letters
    page.emulate_media(color_scheme="light")
    page.wait_for_function(
        "getComputedStyle(document.querySelector('#figure-sizes text')).fill.slice(4).split(',')[0] < 100"
    )
    assert page.problems == []
    page.close()


def test_markup_in_names_is_text(chromium, evil, tmp_path):
    page = opened(chromium, sg.pl.report(evil, tmp_path / "report.html"))
    page.evaluate("report.drawAll()")
    hover(page, "view-umap", 0, shows="<script>")
    for k in range(page.evaluate("report.data.columns.length")):
        page.evaluate(f"report.colour({k})")
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None
    assert page.locator("img, .figure script, #tip script, section script").count() == 0
    assert "<script>" in page.locator("#tip").inner_text()
    assert "<script>" in page.locator("#figure-heatmap .ytick text").first.text_content()
    assert page.problems == []
    page.close()
