"""README's snippets and every docstring example run."""

import doctest
import importlib
import pkgutil
import re
import runpy
import warnings
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

import scrcl_geo

ROOT = Path(__file__).parents[1]
MODULES = sorted(m.name for m in pkgutil.walk_packages(scrcl_geo.__path__, "scrcl_geo."))


@pytest.fixture(autouse=True)
def no_window():
    mpl.use("Agg")
    yield
    plt.close("all")


def test_readme_snippets_run():
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 2
    space = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside plotting libraries
        for block in blocks:
            exec(block, space)  # the second block builds on the first
    assert space["adata"].obs["scrcl"].nunique() == 5
    assert space["embedding"].shape == (3000, 64)
    assert space["genes"]["group"].nunique() == 5


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name):
    module = importlib.import_module(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert result.failed == 0


def test_the_table_of_checks_is_that_of_the_source():
    table = runpy.run_path(str(ROOT / "docs" / "make_checks.py"))["page"]()
    assert table.count("\n| ") > 90
    assert (ROOT / "docs" / "checks.md").read_text() == table, "run python docs/make_checks.py"


def test_the_command_line_is_that_of_the_parser():
    text = runpy.run_path(str(ROOT / "docs" / "make_command_line.py"))["page"]()
    assert text.count("\n## scrcl-geo ") == 7
    assert (ROOT / "docs" / "command_line.md").read_text() == text, "run python docs/make_command_line.py"
