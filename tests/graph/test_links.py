"""The joined cell graph: undirected, without loops, and as heavy as its relations."""

import pytest
import torch
from graphs import cells_and_genes, dense, random_graph, relation

import scrcl_geo as sg
from scrcl_geo import _keys
from scrcl_geo._messages import plain
from scrcl_geo.graph import DEFAULT_EDGES, linked, to_hetero

OWN = ("cell", "own", "cell")
N = 12


@pytest.fixture
def data():
    data = cells_and_genes(torch.zeros(N, 1), torch.rand(N, 3), near=dense(random_graph(N, degree=2)).float())
    del data[_keys.LINKED]
    return data


def add(data, edge_type, matrix, *, weighted=True):
    index, weight = relation(matrix)
    data[edge_type].edge_index = index
    if weighted:
        data[edge_type].edge_weight = weight


def joined(data, *relations):
    store = linked(data, relations or None)[_keys.LINKED]
    return dense(store.edge_index, store.get("edge_weight"), torch.float32)


def test_is_symmetric_without_loops_and_space_replaces_expression(adata):
    links = dense(linked(to_hetero(adata))[_keys.LINKED].edge_index)
    assert torch.equal(links, links.T)
    assert links.diagonal().sum() == 0
    both = adata.obsp["scrcl_spatial_connectivities"] + adata.obsp["scrcl_matched_connectivities"]
    assert torch.equal(links, torch.from_numpy(both.toarray()).double())  # neither is in the other
    in_space = (_keys.NEAR, _keys.MATCHED)
    others = [edge for edge in DEFAULT_EDGES if edge.edge_type not in in_space]
    no_space = linked(to_hetero(adata, edges=others))[_keys.LINKED]
    assert no_space.edge_index.shape[1] == adata.obsp["scrcl_expression_connectivities"].nnz
    assert "edge_weight" not in no_space


def test_the_graph_given_is_not_changed(data):
    linked(data)
    assert _keys.LINKED not in data.edge_types


def test_directed_edges_and_loops_become_undirected_without(data):
    matrix = torch.zeros(N, N)
    matrix[0, 1], matrix[3, 3] = 1, 1
    add(data, OWN, matrix)
    expected = torch.zeros(N, N)
    expected[0, 1] = expected[1, 0] = 1
    assert torch.equal(joined(data, "own"), expected)


@pytest.mark.parametrize("near_has_weights", [True, False])
def test_an_edge_is_as_heavy_as_in_its_heaviest_relation(data, near_has_weights):
    matrix = torch.zeros(N, N)
    source, target = plain(data[_keys.NEAR].edge_index)[:, 0].tolist()
    matrix[target, source], matrix[source, target] = 0.25, 3.0
    matrix[0, N - 1] = 0.5  # the last cell is near none
    add(data, OWN, matrix)
    near = dense(random_graph(N, degree=2), dtype=torch.float32)
    if not near_has_weights:
        del data[_keys.NEAR].edge_weight
    expected = torch.maximum(near, torch.maximum(matrix, matrix.T))
    assert torch.equal(joined(data), expected)
    assert torch.equal(joined(data, "near"), near)


def test_names_of_relations_are_checked(data):
    with pytest.raises(ValueError, match=r"relations of cells\['far'\] is missing: found 'near'; join"):
        linked(data, ["far"])
    with pytest.raises(ValueError, match=r"relations of cells\['expresses'\] is missing"):
        linked(data, ["expresses"])


def test_negative_weights_cannot_be_joined(data):
    add(data, OWN, -dense(random_graph(N)).float())
    with pytest.raises(ValueError, match="relation 'own' cannot be joined: found the weight -1; ") as error:
        linked(data)
    assert "\n" not in str(error.value)
    assert linked(data, ["near"])[_keys.LINKED].edge_index.shape[1] > 0


def test_no_relation_at_all_leaves_no_edges(data):
    del data[_keys.NEAR]
    edges = linked(data)[_keys.LINKED].edge_index
    assert edges.shape == (2, 0)
    assert edges.sparse_size() == (N, N)


def test_a_model_joins_what_it_is_told(adata):
    near, similar = (
        sg.ScRCL(joined=[name]).graph(adata)[_keys.LINKED].edge_index.shape[1]
        for name in ("near", "similar_to")
    )
    assert near == adata.obsp["scrcl_spatial_connectivities"].nnz
    assert similar == adata.obsp["scrcl_expression_connectivities"].nnz
