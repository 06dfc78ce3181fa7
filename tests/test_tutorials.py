"""Each tutorial runs, on a part of its data; its page is of the script that stands beside it."""

import importlib.util
import os
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

ROOT = Path(__file__).parents[1] / "docs"
SPEC = importlib.util.spec_from_file_location("make_tutorials", ROOT / "make_tutorials.py")
make_tutorials = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(make_tutorials)
SCRIPTS = sorted(make_tutorials.SCRIPTS.glob("*.py"))
N_CELLS = 600  # a set is thinned to as many


def test_all_tutorials_are_listed():
    listed = set(re.findall(r"\]\(tutorials/(\w+)\.md\)", (ROOT / "tutorials.md").read_text()))
    assert listed == {script.stem for script in SCRIPTS}
    assert len(listed) == 5


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_the_page_is_that_of_the_script(script):
    page = script.with_suffix(".md").read_text()
    start = 0
    for cell in make_tutorials.cells(script):
        part = make_tutorials.page_of(cell)
        found = page.find(part, start)
        assert found >= start, f"run make tutorials: {part[:80]!r}"
        start = found + len(part)


def test_every_picture_is_shown_and_small():
    shown = set()
    for script in SCRIPTS:
        shown |= set(re.findall(r"images/tutorials/(\S+\.png)", script.with_suffix(".md").read_text()))
    files = list(make_tutorials.PICTURES.iterdir())
    assert {path.name for path in files} == shown
    assert sum(path.stat().st_size for path in files) < 3e6


def thinned(folder):
    """``sg.datasets.load`` of the sets in a folder, with a random part of the cells."""
    load = make_tutorials.from_folder(folder)

    def part(name):
        if not (folder / f"{name}.h5ad").exists() and "SCRCL_GEO_CACHE" not in os.environ:
            pytest.skip(f"{name} has to be in the folder, or in the cache that SCRCL_GEO_CACHE names")
        adata = load(name)
        kept = np.random.default_rng(0).permutation(adata.n_obs)[:N_CELLS]
        return adata[np.sort(kept)].copy()

    return part


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_the_script_runs(script, real_data):
    mpl.use("Agg")
    n_figures = sum(len(figures) for _, _, figures in make_tutorials.run(script, thinned(real_data)))
    assert n_figures == len(list(make_tutorials.PICTURES.glob(f"{script.stem}_*.png")))
