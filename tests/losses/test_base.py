"""Objectives: names, weights and the pair a term looks at."""

import pytest
import torch
from graphs import random_graph
from torch import nn
from torch_geometric.data import HeteroData

from scrcl_geo import _keys
from scrcl_geo.losses import DistributionAlignment, Objective, Term, ViewConsistency
from scrcl_geo.nn import Views

VIEWS = Views(*(torch.full((3, 2), float(value)) for value in (0, 1, 10, 30, 7)))


class Difference(nn.Module):
    """Mean difference of two embeddings: shows which pair was handed over."""

    def forward(self, z1, z2, edges):
        return (z2 - z1).mean()


class Edges(nn.Module):
    """Number of edges a term was handed."""

    def forward(self, z1, z2, edges):
        return torch.tensor(float(edges.shape[1]))


class Genes(nn.Module):
    """Sees all views and the whole graph."""

    def forward(self, views, data):
        return views.genes.mean() * data[_keys.CELL].num_nodes


@pytest.fixture
def graph():
    data = HeteroData()
    data[_keys.CELL].num_nodes = 3
    data[_keys.LINKED].edge_index = random_graph(3)
    return data


def test_weights_and_pairs(graph):
    objective = Objective(
        Term(Difference(), on="u", weight=3.0, name="views"),
        Term(Difference(), on="z", weight=0.5, name="refined"),
        Term(Genes(), on="graph", weight=2.0),
        Term(Edges(), name="edges"),
    )
    terms = {name: value.item() for name, value in objective(VIEWS, graph).items()}
    n_edges = graph[_keys.LINKED].edge_index.shape[1]
    assert n_edges > 0
    assert terms == {"views": 3.0, "refined": 10.0, "Genes": 42.0, "edges": n_edges}


def test_a_graph_without_joined_edges_is_named_and_left_as_it_is():
    data = HeteroData()
    data[_keys.CELL].num_nodes = 3
    with pytest.raises(ValueError, match=r"no edges \('cell', 'linked_to', 'cell'\).*sg.graph.linked"):
        Objective(Term(Edges()))(VIEWS, data)
    assert data.edge_types == []
    assert Objective(Term(Genes(), on="graph"))(VIEWS, data)["Genes"] == 21


def test_needs_terms_with_different_names_on_known_pairs():
    with pytest.raises(ValueError, match="number of terms in the objective is too small"):
        Objective()
    with pytest.raises(ValueError, match="names of the objective's terms are not unique"):
        Objective(Term(DistributionAlignment()), Term(DistributionAlignment(), on="z"))
    with pytest.raises(ValueError, match="on is not known: found 'x'; choose one of 'u', 'z', 'graph'"):
        Objective(Term(ViewConsistency(), on="x"))


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), -float("inf")])
def test_a_weight_that_is_not_finite_is_one_line(weight):
    with pytest.raises(ValueError, match="weight of mine is out of range: found") as error:
        Objective(Term(DistributionAlignment(), weight=weight, name="mine"))
    assert "\n" not in str(error.value)


def test_shows_its_terms():
    objective = Objective(
        Term(DistributionAlignment(0.1)), Term(ViewConsistency(), on="z", weight=0.5, name="graph")
    )
    assert "1 × DistributionAlignment(temperature=0.1) on u" in repr(objective)
    assert "graph: 0.5 × ViewConsistency(per_cell=False, max_cells=20000) on z" in repr(objective)
    assert objective.config()[1] == {
        "name": "graph",
        "on": "z",
        "weight": 0.5,
        "loss": "ViewConsistency(per_cell=False, max_cells=20000)",
    }
