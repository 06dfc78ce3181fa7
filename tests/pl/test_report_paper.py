"""The report on paper, on a phone and in the dark."""

import re
import zlib

import numpy as np
import pandas as pd
import pytest
from pl.browser import PLACE, opened

import scrcl_geo as sg

pytestmark = pytest.mark.filterwarnings("ignore")  # deprecations inside plotting libraries

DRAWN = """() => {
  window.printed = null;
  addEventListener("beforeprint", () => {
    const marks = "path, circle, rect.point, image, text";
    const places = [...document.querySelectorAll(".figure, .plot")];
    window.printed = Object.fromEntries(places.map((place) => [place.id, {
      marks: place.querySelectorAll(marks).length, width: place.querySelector(".main-svg")?.clientWidth ?? 0,
      room: place.clientWidth, canvas: place.querySelectorAll("canvas").length,
    }]));
  });
}"""


def inked(pdf):
    """Colours that the pages fill or stroke with, as hex strings."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    unpacked = b"\n".join(zlib.decompressobj().decompress(s) for s in streams if s[:1] == b"x")
    found = re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|RG)\b", unpacked)
    return {"#{:02x}{:02x}{:02x}".format(*(round(255 * float(v)) for v in color)) for color in found}


def test_every_figure_is_printed_at_once(chromium, path, result):
    page = opened(chromium, path, color_scheme="dark")
    page.evaluate(DRAWN)
    pdf = page.pdf()
    printed = page.evaluate("window.printed")
    assert len(printed) == 12
    for name, figure in printed.items():
        assert figure["marks"] > 5 or figure["canvas"], name
        assert 0 < figure["width"] <= figure["room"] <= 700, name
    assert set(page.evaluate("report.data.clusters.colors")) <= inked(pdf)
    assert 4 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 10
    page.wait_for_function(
        "getComputedStyle(document.querySelector('#figure-sizes text')).fill.slice(4).split(',')[0] > 150"
    )
    assert page.evaluate("document.documentElement.scrollWidth") == 1360  # as wide as before
    assert page.problems == []
    page.close()


def test_the_first_screen_of_a_phone_shows_tissue(chromium, path, result):
    page = opened(chromium, path, size=(390, 844), is_mobile=True, has_touch=True)
    box = page.locator("#view-tissue").bounding_box()
    assert box["y"] < 844 / 2
    assert box["y"] + box["height"] <= 844
    x, y = page.evaluate(PLACE, ["view-tissue", 0])
    assert 0 < x < 390
    assert 0 < y < 844
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.evaluate("report.drawAll()")
    widths = "[...document.querySelectorAll('.figure .main-svg')].map(svg => svg.clientWidth)"
    assert max(page.evaluate(widths)) < 390
    page.touchscreen.tap(x, y)
    page.wait_for_function("report.state.clusters.size === 1")
    page.wait_for_timeout(600)  # a tap is not taken for two
    assert page.evaluate("report.state.clusters.size") == 1
    assert page.problems == []
    page.close()


def luminance(color):
    values = np.array(color) / 255
    linear = np.where(values <= 0.03928, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def rgb(color):
    return np.array([float(v) for v in re.findall(r"[\d.]+", color)[:3]])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_bands_of_the_tree_are_seen_and_labelled_by_their_number(chromium, path, scheme):
    page = opened(chromium, path, color_scheme=scheme)
    page.evaluate("report.drawAll()")
    card = rgb(page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor"))
    bands = page.evaluate("""[...document.querySelectorAll("#figure-tree .sankey-link")].map((band) => {
      const { fill, fillOpacity, stroke } = getComputedStyle(band);
      return [fill, Number(fillOpacity), stroke];
    })""")
    assert len(bands) >= 3
    for fill, opacity, stroke in bands:
        alpha = opacity * float((re.findall(r"rgba\(.*, ([\d.]+)\)", fill) or ["1"])[0])
        assert contrast(alpha * rgb(fill) + (1 - alpha) * card, card) >= 1.3
        assert contrast(rgb(stroke), card) >= 3  # WCAG's figure for what must be seen
    labels = page.locator("#figure-tree .annotation-text").all_text_contents()
    assert labels == ["K = 2", "K = 3"]
    page.close()


def test_the_tissue_image_lies_under_the_cells(chromium, result, tmp_path):
    adata = result[result.obs["slide"] == "slide_1"].copy()
    adata.uns["scrcl"] = {**adata.uns["scrcl"], "params": {}}
    side = int(np.ceil(adata.obsm["spatial"].max())) + 1
    pixels = np.full((side, side, 3), [250, 20, 230], dtype=np.uint8)
    adata.uns["spatial"] = {
        "slide_1": {"images": {"hires": pixels}, "scalefactors": {"tissue_hires_scalef": 1.0}}
    }
    page = opened(chromium, sg.pl.report(adata, tmp_path / "report.html"))
    image = page.locator("#view-tissue image")
    assert image.count() == 1
    drawn = image.bounding_box()
    for i in (int(adata.obsm["spatial"][:, 0].argmin()), int(adata.obsm["spatial"][:, 0].argmax())):
        x, y = page.evaluate(PLACE, ["view-tissue", i])
        place = (np.array([x - drawn["x"], y - drawn["y"]]) / [drawn["width"], drawn["height"]]) * side
        assert np.allclose(place, adata.obsm["spatial"][i], atol=0.02 * side)
    page.locator("#image").fill("0")
    page.wait_for_function("document.querySelector('#view-tissue image').getAttribute('opacity') === '0'")
    assert page.problems == []
    page.close()


def test_names_in_the_file_are_shown(chromium, result, tmp_path):
    adata = result.copy()
    names = {"0": "Astro", "1": "Astro", "2": "Oligo", "3": "L5", "4": None}
    adata.obs["scrcl_name"] = pd.Categorical(adata.obs["scrcl"].astype(object).map(names))
    page = opened(chromium, sg.pl.report(adata, tmp_path / "report.html"))
    assert page.locator("#legend").inner_text().split() == ["Astro", "Astro", "Oligo", "L5", "4"]
    assert page.locator('[data-name="2"]').input_value() == "Oligo"
    assert page.evaluate("location.hash") == ""
    page.close()
