"""The API page names every public name, and every public function is documented in full."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "api.md").read_text()
PARTS = ("pp", "tl", "pl", "nn", "losses", "graph", "train", "cluster", "metrics", "datasets")


def public(part):
    module = importlib.import_module(f"scrcl_geo.{part}")
    here = [n for n, o in vars(module).items() if getattr(o, "__module__", "") == module.__name__]
    names = getattr(module, "__all__", None) or [n for n in here if not n.startswith("_")]
    return {name: getattr(module, name) for name in names}


@pytest.mark.parametrize("part", PARTS)
def test_every_public_name_is_on_the_api_page(part):
    section = PAGE.split(f".. currentmodule:: scrcl_geo.{part}\n")[1].split("```")[0]
    listed = set(re.findall(r"^   (\w+)$", section, re.MULTILINE))
    names = {name for name, found in public(part).items() if callable(found) or name.isupper()}
    assert listed == names


@pytest.mark.parametrize("part", ["pp", "tl", "pl", "datasets"])
def test_public_functions_are_typed_and_documented(part):
    for name, function in public(part).items():
        if not inspect.isfunction(function):
            continue
        signature = inspect.signature(function)
        assert signature.return_annotation is not inspect.Signature.empty, name
        for parameter in signature.parameters.values():
            assert parameter.annotation is not inspect.Parameter.empty, (name, parameter.name)
        text = inspect.getdoc(function) or ""
        assert "Returns\n-------" in text, name
        assert "Examples\n--------\n>>> " in text, name
        documented = text.split("Parameters\n----------")[-1].split("Returns\n-------")[0]
        for parameter in signature.parameters:
            assert parameter == "adata" or re.search(rf"\b{parameter}\b", documented), (name, parameter)


@pytest.mark.parametrize("part", ["graph", "metrics", "cluster"])
def test_other_public_functions_have_types_and_an_example(part):
    for name, function in public(part).items():
        if inspect.isfunction(function):
            assert inspect.signature(function).return_annotation is not inspect.Signature.empty, name
            assert ">>> " in (inspect.getdoc(function) or ""), name
