"""The files of the extension guide run and do what they say."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


def result(name):
    return runpy.run_path(str(DOCS / "extend" / f"{name}.py"))["main"]()


def test_encoder():
    views = result("encoder")
    assert len(views.u2) == 200
    assert views.u2.shape[1] % 32 == 0
    assert views.u2.isfinite().all()


def test_encoder_of_several_relations():
    weights = result("relation_encoder")
    assert set(weights) == {"similar_to", "near"}
    assert all(weight != 1 for weight in weights.values())  # they learn
    assert weights["similar_to"] != weights["near"]


def test_loss():
    assert result("loss") == ["DistributionAlignment", "NeighborhoodAlignment", "Decorrelation"]


def test_edge_type():
    data = result("edge_type")
    weight = data["cell", "close_to", "cell"].edge_weight
    assert 0 < weight.min() < weight.max() < 1
    joined = data["cell", "linked_to", "cell"].edge_weight
    assert sorted(joined.tolist()) == pytest.approx(sorted(weight.tolist()))


def test_every_file_is_shown_and_tested():
    page = (DOCS / "extend.md").read_text()
    for path in (DOCS / "extend").glob("*.py"):
        assert f"extend/{path.name}" in page
        assert f'result("{path.stem}")' in Path(__file__).read_text()
