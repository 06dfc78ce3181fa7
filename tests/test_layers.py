"""The import star: L1 packages never import each other, and heavy things stay out of light places."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "scrcl_geo"
L1 = ["graph", "losses", "nn", "train", "cluster", "metrics", "datasets"]
OUTER = ["model", "pp", "tl", "pl", "cli"]
OUTER += ["_network", "_checkpoint", "_report", "_pipeline", "_data", "_trained", "_training"]


def imports(path):
    """Every module a file imports, at any depth of its code."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files(name):
    single = PACKAGE / f"{name}.py"
    found = [single] if single.exists() else sorted((PACKAGE / name).rglob("*.py"))
    assert found, name
    return found


def uses(path, names):
    return [m for m in imports(path) if m.split(".")[0] == "scrcl_geo" and [*m.split("."), ""][1] in names]


@pytest.mark.parametrize("name", L1)
def test_siblings_do_not_import_each_other(name):
    forbidden = [other for other in (*L1, *OUTER) if other != name]
    for path in files(name):
        assert uses(path, forbidden) == [], path


def test_l0_imports_nothing_above():
    for path in [*PACKAGE.glob("_*.py"), *PACKAGE.glob("_readers/*.py")]:
        if path.stem in ("__init__", *OUTER):
            continue
        assert uses(path, [*L1, *OUTER]) == [], path


@pytest.mark.parametrize("name", ["nn", "losses", "train"])
def test_the_network_needs_torch_alone(name):
    banned = {"anndata", "scanpy", "squidpy", "pandas", "sklearn", "scipy", "matplotlib"}
    for path in [*files(name), PACKAGE / "_tensors.py", PACKAGE / "_sparse.py"]:
        assert not {m.split(".")[0] for m in imports(path)} & banned, path


def test_plots_do_not_import_torch():
    for path in files("pl"):
        assert not [m for m in imports(path) if m.startswith("torch")], path


def test_no_file_is_long():
    for path in PACKAGE.rglob("*.py"):
        assert len(path.read_text().splitlines()) <= 200, path


def test_import_is_light():
    code = "import sys, scrcl_geo; print([m for m in ('torch', 'scanpy', 'numpy') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_help_is_light():
    heavy = ("torch", "scanpy", "anndata", "pandas", "matplotlib")
    code = f"""
import sys
from scrcl_geo.cli import main
try:
    main(["--help"])
except SystemExit:
    print("LOADED", [m for m in {heavy} if m in sys.modules])
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "LOADED []" in found.stdout
    assert "embed, cluster and rank genes" in found.stdout


def test_every_public_name_is_there():
    import scrcl_geo

    for name in scrcl_geo.__all__:
        assert getattr(scrcl_geo, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = scrcl_geo.nothing
