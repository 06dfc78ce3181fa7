"""What an encoder is handed, told by its signature."""

import pytest
import torch
from graphs import cells_and_genes, dense, random_graph
from torch import nn

from scrcl_geo import _keys
from scrcl_geo.nn import encode

N, G, F = 20, 6, 3


@pytest.fixture
def data():
    torch.manual_seed(0)
    near = dense(random_graph(N), dtype=torch.float32) * 0.5
    data = cells_and_genes(torch.randn(N, F), torch.rand(N, G), near=near)
    data[_keys.GENE].x = torch.randn(G, F)
    return data


class Returns(nn.Module):
    """An encoder that returns what it is made with."""

    def __init__(self, result):
        super().__init__()
        self.result = result

    def forward(self, x, edge_index):
        return self.result


class OneRelation(nn.Module):
    def forward(self, x, edge_index, edge_weight=None):
        self.seen = (x, edge_index, edge_weight)
        return x


class Unweighted(nn.Module):
    def forward(self, x, edge_index):
        self.seen = (x, edge_index)
        return x


class Alone(nn.Module):
    def forward(self, x):
        return 2 * x


class Relations(nn.Module):
    def forward(self, x_dict, edge_index_dict):
        self.seen = (x_dict, edge_index_dict)
        return x_dict


class WeightedRelations(nn.Module):
    def forward(self, x_dict, edge_index_dict, edge_weight_dict=None):
        self.seen = (x_dict, edge_index_dict, edge_weight_dict)
        return x_dict[_keys.CELL]


def test_an_encoder_of_one_relation_reads_the_joined_cell_graph(data):
    x = torch.randn(N, F)
    for encoder in (OneRelation(), Unweighted()):
        assert encode(encoder, x, data) is x
        assert encoder.seen[0] is x
        assert torch.equal(encoder.seen[1], data[_keys.LINKED].edge_index)


def test_weights_of_the_joined_graph_reach_those_that_take_them(data):
    weight = torch.rand(data[_keys.LINKED].edge_index.shape[1])
    data[_keys.LINKED].edge_weight = weight
    encoder = OneRelation()
    encode(encoder, data[_keys.CELL].x, data)
    assert encoder.seen[2] is weight
    assert encode(Unweighted(), data[_keys.CELL].x, data).shape == (N, F)


def test_an_encoder_without_edges_is_one_too(data):
    assert torch.equal(encode(Alone(), data[_keys.CELL].x, data), 2 * data[_keys.CELL].x)


def test_an_encoder_of_relations_reads_each_by_itself(data):
    x = torch.randn(N, F)
    for encoder in (Relations(), WeightedRelations()):
        assert encode(encoder, x, data) is x
        features, edges, *weights = encoder.seen
        assert features[_keys.CELL] is x
        assert features[_keys.GENE] is data[_keys.GENE].x
        assert set(edges) == {_keys.NEAR, _keys.EXPRESSES, _keys.EXPRESSED_BY}
        for of_relation in weights:
            assert set(of_relation) == set(edges)
            assert of_relation[_keys.NEAR].unique().tolist() == [0.5]


def test_relations_without_weights_are_left_out_of_the_weights(data):
    del data[_keys.NEAR].edge_weight
    encoder = WeightedRelations()
    encode(encoder, data[_keys.CELL].x, data)
    assert _keys.NEAR in encoder.seen[1]
    assert _keys.NEAR not in encoder.seen[2]


@pytest.mark.parametrize(
    ("result", "found"),
    [
        (torch.zeros(N - 1, 2), rf"\({N - 1}, 2\)"),
        (torch.zeros(N, 2, 2), rf"\({N}, 2, 2\)"),
        ((torch.zeros(N, 2), torch.zeros(N, 2)), "tuple"),
        ({"gene": torch.zeros(G, 2)}, "NoneType"),
    ],
)
def test_what_does_not_encode_the_cells_is_one_clear_line(data, result, found):
    with pytest.raises(ValueError, match=f"Returns does not encode the cells: found {found}; ") as error:
        encode(Returns(result), data[_keys.CELL].x, data)
    assert "\n" not in str(error.value)


def test_a_graph_without_joined_edges_is_named(data):
    del data[_keys.LINKED]
    with pytest.raises(ValueError, match=r"no edges \('cell', 'linked_to', 'cell'\).*sg.graph.linked"):
        encode(Unweighted(), data[_keys.CELL].x, data)
    assert encode(Alone(), data[_keys.CELL].x, data).shape == (N, F)
    assert encode(Relations(), data[_keys.CELL].x, data).shape == (N, F)
    assert _keys.LINKED not in data.edge_types
