"""Objects that go to another process: large tensors travel beside the pickle and come back in place."""

import torch
from torch_geometric import EdgeIndex

from scrcl_geo.graph import to_hetero
from scrcl_geo.train._handing import apart, together


def test_a_graph_comes_back_with_its_tensors_beside_the_pickle(toy_graph):
    graph = to_hetero(toy_graph)
    pickled, tensors = apart((graph, [torch.arange(3)], 7))
    assert len(pickled) < 20_000
    assert sum(tensor.numel() for tensor in tensors) > 20_000
    found, (small,), number = together(pickled, tensors)
    assert number == 7
    assert torch.equal(small, torch.arange(3))
    assert found.edge_types == graph.edge_types
    for stored, back in zip(graph.edge_stores, found.edge_stores, strict=True):
        assert isinstance(back.edge_index, EdgeIndex)
        assert torch.equal(back.edge_index.as_tensor(), stored.edge_index.as_tensor())
        assert back.edge_index.sparse_size() == stored.edge_index.sparse_size()
        assert back.edge_index.sort_order == stored.edge_index.sort_order
        assert set(back) == set(stored)
    assert torch.equal(found["cell"].x, graph["cell"].x)
