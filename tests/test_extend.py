"""The three files of the extension guide run and do what they say."""

import runpy
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs" / "extend"


def result(name):
    return runpy.run_path(str(FOLDER / f"{name}.py"))["main"]()


def test_encoder():
    assert result("encoder") == (200, 64)


def test_loss():
    assert result("loss") == ["DistributionAlignment", "NeighborhoodAlignment", "Decorrelation"]


def test_edge_type():
    assert ("cell", "two_hop", "cell") in result("edge_type")
