"""Every figure looks as its reference image; ``python tests/pl/references.py`` draws these anew."""

import inspect

import pytest
from matplotlib.testing.compare import compare_images
from pl.references import FIGURES, IMAGES, draw, slide

import scrcl_geo as sg

pytestmark = pytest.mark.filterwarnings("ignore")  # deprecations inside plotting libraries
TOLERANCE = 12  # of 255, root mean square: fonts and libraries differ by a few, a missing layer by far more


@pytest.mark.parametrize("name", FIGURES)
def test_looks_as_its_reference(name, tmp_path):
    draw(FIGURES[name], tmp_path / "found.png")
    assert compare_images(IMAGES / f"{name}.png", tmp_path / "found.png", TOLERANCE) is None


def test_another_figure_is_told_apart(tmp_path):
    draw(lambda: sg.pl.umap(slide(), palette=["white"]), tmp_path / "found.png")
    assert compare_images(IMAGES / "umap.png", tmp_path / "found.png", TOLERANCE) is not None


def test_every_plot_has_a_reference_and_the_same_options():
    for name in set(sg.pl.__all__) - {"report"}:
        assert name in FIGURES
        assert {"ax", "save", "palette"} <= set(inspect.signature(getattr(sg.pl, name)).parameters)
