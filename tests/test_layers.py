"""Rooms and layers: imports run downwards, never in a circle, and heavy things stay out of light places."""

import re
import subprocess
import sys
from pathlib import Path

import layers
import pytest

PACKAGE = Path(__file__).parents[1] / "scrcl_geo"
BOTTOM = {
    "_keys",
    "_version",
    "_validate",
    "_progress",
    "_messages",
    "_schema",
    "_features",
    "_neighbors",
    "_files",
    "_associations",
    "metrics",
}
PARTS = {"graph", "losses", "nn", "train", "cluster", "datasets", "_mapping"}
RESULTS = {"tl", "pl"}
LAYERS = [BOTTOM, PARTS, {"model"}, {"pp"}, RESULTS, {"_pipeline"}, {"cli"}, {"__main__"}]
# a command line each: files are named by the command, or by the format it converts
COMMANDS = {"cli", "datasets/prepare"}
TORCH = {"torch", "torch_geometric", "tqdm"}


@pytest.fixture(scope="module")
def tree():
    return layers.Tree(PACKAGE)


def test_imports_run_downwards(tree):
    assert layers.upward(tree, LAYERS) == []


@pytest.mark.parametrize("rooms", [PARTS, RESULTS], ids=["parts", "results"])
def test_rooms_of_one_layer_do_not_need_each_other(tree, rooms):
    assert layers.sideways(tree, rooms) == []


def test_no_import_runs_in_a_circle(tree):
    assert layers.circles(tree) == []


@pytest.mark.parametrize("room", ["nn", "losses", "train"])
def test_the_network_needs_torch_and_pyg_alone(tree, room):
    assert layers.foreign(tree, {room}, TORCH) == []


def test_plots_never_import_torch(tree):
    brought = {way.split(" > ")[-1] for way in layers.foreign(tree, {"pl"}, set())}
    assert brought
    assert not brought & {"torch", "torch_geometric"}


def test_the_root_is_small():
    assert len(list(PACKAGE.glob("*.py"))) <= 8


def test_no_two_rooms_have_a_file_of_one_name(tree):
    assert layers.names_taken_twice(tree, COMMANDS) == []


def test_no_file_is_long(tree):
    for path in tree.paths.values():
        assert len(path.read_text().splitlines()) <= 250, path


@pytest.fixture
def planted(tmp_path):
    """Makes a package of a few files, a folder and a text for each path."""

    def build(files):
        root = tmp_path / "house"
        for name, text in {"__init__.py": "", **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.parent != root:
                (path.parent / "__init__.py").touch()
            path.write_text(text)
        return layers.Tree(root)

    return build


HOUSE = [{"low"}, {"left", "right"}, {"top"}]
SOUND = {
    "low/a.py": "import json",
    "left/b.py": "from house.low import a",
    "right/c.py": "from house.low.a import json",
    "top/d.py": "from house.left import b\nfrom house.right.c import json",
}


def test_a_sound_house_has_no_fault(planted):
    house = planted(SOUND)
    assert layers.upward(house, HOUSE) == []
    assert layers.sideways(house, {"left", "right"}) == []
    assert layers.circles(house) == []
    assert layers.foreign(house, {"top"}, set()) == []
    assert layers.names_taken_twice(house, set()) == []


@pytest.mark.parametrize(
    "line",
    [
        "from house.top import d",
        "import house.top.d",
        "def later():\n    from house.top.d import json",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.top.d import json",
    ],
    ids=["from", "import", "in a function", "for types"],
)
def test_an_upward_import_is_found(planted, line):
    house = planted({**SOUND, "low/a.py": line})
    assert layers.upward(house, HOUSE) == ["house.low.a imports house.top.d, which is above it"]


def test_a_room_that_no_layer_names_is_found(planted):
    assert layers.upward(planted({**SOUND, "attic/e.py": ""}), HOUSE) == ["attic is in no layer"]


def test_a_circle_of_modules_is_found(planted):
    house = planted({"low/a.py": "from house.low import b", "low/b.py": "import house.low.a"})
    assert layers.circles(house) == ["circle: house.low.a > house.low.b > house.low.a"]
    later = "def later():\n    import house.low.a"
    assert layers.circles(planted({"low/a.py": "from house.low import b", "low/b.py": later})) == []


def test_a_circle_of_rooms_is_found_even_inside_functions(planted):
    house = planted(
        {
            "low/a.py": "def later():\n    from house.left import b",
            "left/b.py": "from house.low import c",
            "low/c.py": "",
        }
    )
    assert layers.circles(house) == ["circle: left > low > left"]


def test_a_way_from_a_room_to_its_neighbour_is_found_through_others(planted):
    house = planted({**SOUND, "low/a.py": "def later():\n    import house.right.c"})
    found = layers.sideways(house, {"left", "right"})
    assert "left reaches right: house.left.b > house.low.a > house.right.c" in found


def test_a_library_is_found_through_other_rooms_and_their_init(planted):
    house = planted({**SOUND, "low/a.py": "def later():\n    import scipy.sparse"})
    assert layers.foreign(house, {"left"}, {"torch"}) == ["house.left.b > house.low.a > scipy"]
    assert layers.foreign(house, {"left"}, {"scipy"}) == []
    house = planted(SOUND)
    (house.folder / "low" / "__init__.py").write_text("import pandas")
    found = layers.foreign(layers.Tree(house.folder), {"left"}, set())
    assert found == ["house.left.b > house.low.a > house.low > pandas"]


def test_a_name_taken_twice_is_found(planted):
    house = planted({"low/a.py": "", "left/_a.py": "", "top/a.py": ""})
    assert layers.names_taken_twice(house, set()) == ["a stands in ['left', 'low', 'top']"]
    assert layers.names_taken_twice(house, {"left", "top"}) == []
    verbs = planted({"pp/_c.py": "", "low/c.py": "", "tl/_d.py": "", "low/d.py": ""})
    (verbs.folder / "pp" / "__init__.py").write_text("from house.pp._c import c")
    found = layers.names_taken_twice(layers.Tree(verbs.folder), {"left", "top"})
    assert found == ["d stands in ['low', 'tl']"]


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


def test_the_page_on_architecture_names_every_room():
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page[page.index("## Rooms") : page.index("## The default network")]
    named = set(
        re.findall(r"`(\w+)`", "".join(row.split("|")[1] for row in table.splitlines() if "|" in row))
    )
    rooms = {
        path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert named == rooms - {"__init__", "__main__"}


def test_a_run_needs_neither_scanpy_nor_squidpy(tmp_path):
    """Importing them takes longer than the graphs of a small run, and compiles for 20 s the first time."""
    code = f"""
import sys
import scrcl_geo as sg
from scrcl_geo.cli import main
sg.datasets.toy(n_slides=1, n_cells=100).write_h5ad({str(tmp_path / "in.h5ad")!r})
argv = ["run", {str(tmp_path / "in.h5ad")!r}, "--output", {str(tmp_path / "out.h5ad")!r}, "--n-clusters", "3"]
assert main([*argv, "--max-epochs", "2", "--quiet"]) == 0
print("LOADED", [m for m in ("scanpy", "squidpy") if m in sys.modules])
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "LOADED []" in found.stdout
