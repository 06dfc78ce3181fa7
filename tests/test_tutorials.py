"""Pages, pictures and scripts of tutorials agree; scripts use what exists. ``make tutorials`` runs them."""

import ast
import functools
import importlib.util
import inspect
import re
from pathlib import Path

import pytest

import scrcl_geo as sg

ROOT = Path(__file__).parents[1] / "docs"
SPEC = importlib.util.spec_from_file_location("make_tutorials", ROOT / "make_tutorials.py")
make_tutorials = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(make_tutorials)
SCRIPTS = sorted(make_tutorials.SCRIPTS.glob("*.py"))
OUTPUTS = re.compile(r"(\s*(```text\n.*?\n```|!\[\]\([^)\n]+\))\n)*\s*", re.DOTALL)
over_scripts = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)


def calls(code):
    """Calls of ``sg. …`` in a piece of code: dotted name, and the node."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and re.fullmatch(r"sg(\.\w+)+", name := ast.unparse(node.func)):
            yield name, node


def outputs(script):
    """Each cell of a script with what its page shows below it; fails where the page holds anything else."""
    page = script.with_suffix(".md").read_text()
    parts = [(cell, make_tutorials.page_of(cell)) for cell in make_tutorials.cells(script)]
    starts = []
    end = 0
    for _, part in parts:
        starts.append(page.find(part, end))
        assert starts[-1] >= 0, f"run make tutorials: {part[:80]!r}"
        end = starts[-1] + len(part)
    assert starts[0] == 0
    for (cell, part), start, stop in zip(parts, starts, [*starts[1:], len(page)], strict=True):
        below = page[start + len(part) : stop]
        assert OUTPUTS.fullmatch(below), f"run make tutorials: {below[:80]!r}"
        yield cell, below


def test_all_tutorials_are_listed():
    listed = set(re.findall(r"\]\(tutorials/(\w+)\.md\)", (ROOT / "tutorials.md").read_text()))
    assert listed == {script.stem for script in SCRIPTS}
    assert len(listed) == 5


@over_scripts
def test_the_page_is_that_of_the_script(script):
    pictures = []
    for cell, below in outputs(script):
        shown = re.findall(r"images/tutorials/(\S+)\)", below)
        assert len(shown) == sum(name.startswith("sg.pl.") for name, _ in calls(cell.code)), cell.code
        assert ("```text" in below) >= ("print(" in cell.code), cell.code
        pictures += shown
    assert pictures == [f"{script.stem}_{i + 1}.png" for i in range(len(pictures))]
    files = {path.name for path in make_tutorials.PICTURES.glob(f"{script.stem}_*.png")}
    assert files == set(pictures)


def test_pictures_are_small_and_of_a_script():
    files = list(make_tutorials.PICTURES.iterdir())
    assert {path.stem.rpartition("_")[0] for path in files} == {script.stem for script in SCRIPTS}
    assert sum(path.stat().st_size for path in files) < 3e6


@over_scripts
def test_the_script_calls_what_exists(script):
    found = list(calls(script.read_text()))
    assert found
    known = set(sg.datasets.available().index)
    for name, node in found:
        function = functools.reduce(getattr, name.split(".")[1:], sg)
        positional = [None] * len(node.args)
        named = {keyword.arg: None for keyword in node.keywords}
        inspect.signature(function).bind(*positional, **named)  # raises where an argument does not exist
        if name == "sg.datasets.load":
            assert not isinstance(node.args[0], ast.Constant) or node.args[0].value in known
