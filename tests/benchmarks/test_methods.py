"""Every method of the benchmark runs on a toy slide; those of other groups name what is there in ours."""

import ast
import importlib
import importlib.util
import tomllib
from pathlib import Path

import pytest

import scrcl_geo as sg

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
METHODS = sorted(path.stem for path in (BENCHMARKS / "methods").glob("*.py"))
SUITES = {path.stem: tomllib.loads(path.read_text()) for path in (BENCHMARKS / "suites").glob("*.toml")}
FIXED = sorted({m for suite in SUITES.values() for m in suite["methods"] if m.startswith("pca:")})
FAMILIES = {"10x", "inDrop", "full-length", "CEL-seq2", "MARS-seq", "sci-RNA", "STRT"}


def missing(source):
    """Names of ours that a source uses and that do not exist."""
    tree = ast.parse(source)
    gone, aliases = [], set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "scrcl_geo":
            gone += [f"{node.module}.{a.name}" for a in node.names if not there(f"{node.module}.{a.name}")]
        elif isinstance(node, ast.Import):
            aliases |= {a.asname or a.name for a in node.names if a.name == "scrcl_geo"}
    for node in ast.walk(tree):
        chain = dotted(node) if isinstance(node, ast.Attribute) else ""
        head, _, rest = chain.partition(".")
        if head in aliases and not there(f"scrcl_geo.{rest}"):
            gone.append(chain)
    return gone


def there(name):
    """Whether a dotted name leads to a module or to something in one."""
    here = importlib.import_module("scrcl_geo")
    at = "scrcl_geo"
    for part in name.split(".")[1:]:
        at = f"{at}.{part}"
        if hasattr(here, part):
            here = getattr(here, part)
        elif hasattr(here, "__path__") and importlib.util.find_spec(at) is not None:
            here = importlib.import_module(at)
        else:
            return False
    return True


def dotted(node):
    """``a.b.c`` of an attribute, or an empty text where it does not start at a name."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def packages(source):
    """Top packages that a source imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]


def source(name):
    return (BENCHMARKS / "methods" / f"{name}.py").read_text()


def installed(name):
    return all(p == "methods" or importlib.util.find_spec(p) is not None for p in packages(source(name)))


OURS = [name for name in METHODS if installed(name)]


@pytest.fixture
def method(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return lambda name: importlib.import_module(f"methods.{name}")


def run(module, *options):
    adata = sg.datasets.toy(n_slides=1, n_cells=150, n_genes=60, n_domains=3, n_markers=8)
    truth = adata.obs["domain"].copy()
    adata.obs = adata.obs[[]]
    peek = {"truth": truth} if getattr(module, "PEEKS", False) else {}
    labels, seconds = module.run(adata, 3, 0, *options, **peek)
    assert len(labels) == 150
    assert len(set(labels)) >= 2
    assert all(value >= 0 for value in seconds.values())
    return set(labels)


@pytest.mark.parametrize("name", METHODS)
def test_what_a_method_takes_from_us_exists(name):
    assert missing(source(name)) == []


def test_a_function_that_moved_is_noticed():
    assert missing("from scrcl_geo._features.expression import column_sums, log_expression") == [
        "scrcl_geo._features.expression.column_sums"
    ]
    assert missing("import scrcl_geo as sg\nsg.cluster.kmeans\nsg.cluster.nothing") == ["sg.cluster.nothing"]


def test_our_own_methods_are_run():
    assert {"leiden", "niche", "oracle_epoch", "pca", "scrcl", "scrcl_paper"} <= set(OURS)


@pytest.mark.filterwarnings("ignore")  # of libraries, as run.py does
@pytest.mark.parametrize("name", [name for name in OURS if name != "pca"])
def test_a_method_runs(name, method, monkeypatch):
    module = method(name)
    if name == "oracle_epoch":  # one look instead of one every five epochs
        monkeypatch.setattr(module, "STEP", sg.ScRCL().config["max_epochs"])
    if name == "scrcl_paper":  # five epochs instead of hundreds
        setting = sg.ScRCL.paper
        monkeypatch.setattr(sg.ScRCL, "paper", lambda k, **how: setting(k, max_epochs=5, **how))
    run(module)


@pytest.mark.parametrize("text", FIXED)
def test_a_fixed_pipeline_runs(text, method):
    name, *options = text.split(":")
    assert len(run(method(name), *options)) == 3


def test_components_of_a_fixed_pipeline(method):
    pca = method("pca")
    assert pca.components("log") == {"transforms": ("log",), "n_comps": 50}
    assert pca.components("log15") == {"transforms": ("log",), "n_comps": 15}
    assert pca.components("three") == {"transforms": ("log", "zscore", "pearson"), "n_comps": 30}


def test_suites_hold_each_set_once_with_its_family():
    cells, slides = (SUITES[name]["family"] for name in ("cells", "spatial"))
    assert set(cells) == FAMILIES
    assert set(slides) == {"Visium", "ST", "STARmap", "MERFISH", "osmFISH"}
    names = [[name for sets in family.values() for name in sets] for family in (cells, slides)]
    assert [len(n) for n in names] == [12, 18]
    assert len(set(names[0] + names[1])) == 30
