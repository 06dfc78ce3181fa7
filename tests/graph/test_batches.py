"""Mini-batches: every cell once an epoch, most edges kept, gradients that agree with the full graph's."""

import copy

import numpy as np
import pytest
import torch
from graphs import dense
from torch_geometric import EdgeIndex

import scrcl_geo as sg
from scrcl_geo import _keys
from scrcl_geo._messages import plain
from scrcl_geo.graph import CellBatches, _batch_size, _batches, linked, to_hetero
from scrcl_geo.graph._batches import partition, subgraph
from scrcl_geo.losses import DistributionAlignment, NeighborhoodAlignment, Objective, Term, ViewConsistency
from scrcl_geo.nn import BipartiteRefinement, GCNEncoder, MLPEncoder, ScRCLModule

BATCH = 500


@pytest.fixture(scope="module", params=["cells", "tissue"])
def graph(request):
    adata = sg.datasets.toy(n_slides=1, n_cells=2000, n_genes=100)
    sg.pp.graph(adata, spatial="no" if request.param == "cells" else "yes")
    return linked(to_hetero(adata))


@pytest.fixture(scope="module")
def parts(graph):
    return partition(graph, BATCH)


@pytest.fixture(autouse=True)
def same_order():
    torch.manual_seed(0)


def test_parts_are_small_and_near(graph, parts):
    assert parts.shape == (2000,)
    assert parts.bincount().float().mean() < BATCH / 8
    assert torch.equal(parts, partition(graph, BATCH))
    source, target = plain(graph[_keys.LINKED].edge_index)
    assert (parts[source] == parts[target]).float().mean() > 0.2  # of 64 parts


def test_many_parts_are_found_in_two_steps(graph, parts, monkeypatch):
    monkeypatch.setattr(_batches, "_AT_ONCE", 10)
    found = partition(graph, BATCH)
    assert len(found.unique()) == pytest.approx(len(parts.unique()), rel=0.2)
    source, target = plain(graph[_keys.LINKED].edge_index)
    kept, at_once = ((each[source] == each[target]).float().mean() for each in (found, parts))
    assert kept > 0.8 * at_once
    assert torch.equal(found, partition(graph, BATCH))


def test_an_epoch_sees_every_cell_once(graph, parts):
    batches = CellBatches(graph, parts, BATCH)
    assert len(batches) == 4
    epochs = [list(batches.cells()) for _ in range(2)]
    for cells in epochs:
        assert torch.cat(cells).sort().values.tolist() == list(range(2000))
        assert max(len(c) for c in cells) < 1.6 * BATCH
    assert [len(c) for c in epochs[0]] != [len(c) for c in epochs[1]]  # shuffled anew


def test_the_order_comes_from_torchs_generator(graph, parts):
    torch.manual_seed(3)
    first = list(CellBatches(graph, parts, BATCH).cells())
    torch.manual_seed(3)
    for a, b in zip(first, CellBatches(graph, parts, BATCH).cells(), strict=True):
        assert torch.equal(a, b)


def test_most_edges_lie_within_a_batch(graph, parts):
    kept = sum(batch[_keys.LINKED].edge_index.shape[1] for batch in CellBatches(graph, parts, BATCH))
    assert kept / graph[_keys.LINKED].edge_index.shape[1] > 0.4  # random batches would keep a quarter


def test_a_batch_is_the_induced_subgraph(graph, parts):
    batches = CellBatches(graph, parts, BATCH)
    torch.manual_seed(3)
    cells = next(batches.cells())
    torch.manual_seed(3)
    batch = next(iter(batches))
    assert torch.equal(batch[_keys.CELL].x, graph[_keys.CELL].x[cells])
    assert torch.equal(batch[_keys.GENE].x, graph[_keys.GENE].x)
    assert batch.edge_types == graph.edge_types
    for edge_type in graph.edge_types:
        whole, part = graph[edge_type], batch[edge_type]
        assert isinstance(part.edge_index, EdgeIndex)
        part.edge_index.validate()
        assert part.edge_index.is_sorted_by_col
        assert part.edge_index.is_undirected == whole.edge_index.is_undirected
        expected = dense(whole.edge_index, whole.get("edge_weight"), torch.float32)
        if edge_type[2] == _keys.CELL:
            expected = expected[cells]
        if edge_type[0] == _keys.CELL:
            expected = expected[:, cells]
        assert torch.equal(dense(part.edge_index, part.get("edge_weight"), torch.float32), expected)


def test_a_subgraph_leaves_the_whole_as_it_is(graph):
    before = {edge_type: graph[edge_type].edge_index.shape for edge_type in graph.edge_types}
    part = subgraph(graph, torch.arange(10))
    assert part[_keys.CELL].num_nodes == 10
    assert {edge_type: graph[edge_type].edge_index.shape for edge_type in graph.edge_types} == before
    assert graph[_keys.CELL].num_nodes == 2000


def test_a_share_with_one_direction_of_expression_gives_the_same_batches(graph):
    cells = torch.arange(0, 600, 2)
    share = subgraph(graph, cells, both=False)
    assert _keys.EXPRESSES not in share.edge_types
    inner = torch.arange(10, 200)
    of_share, of_whole = subgraph(share, inner), subgraph(graph, cells[inner])
    assert set(of_share.edge_types) == set(of_whole.edge_types)
    for edge_type, stored in zip(of_whole.edge_types, of_whole.edge_stores, strict=True):
        same = of_share[edge_type]
        assert torch.equal(same.edge_index.as_tensor(), stored.edge_index.as_tensor())
        assert "edge_weight" not in stored or torch.equal(same.edge_weight, stored.edge_weight)


def gradient(module, objective, batches):
    """Mean gradient over batches, flat."""
    found = []
    for batch in batches:
        module.zero_grad()
        sum(objective(module(batch), batch).values()).backward()
        found.append(torch.cat([p.grad.reshape(-1) for p in module.parameters()]))
    return torch.stack(found).mean(dim=0)


def test_mean_gradient_agrees_with_the_full_graphs(graph, parts):
    width = graph[_keys.CELL].x.shape[1]
    scaled = graph.clone()
    scaled[_keys.CELL].x = graph[_keys.CELL].x / graph[_keys.CELL].x.var(dim=0).mean().sqrt()
    module = ScRCLModule(MLPEncoder(width, 32), GCNEncoder(width, 32), BipartiteRefinement(32, 8))
    module.eval()  # dropout would blur the comparison
    # weighed so that no term hides the others; the push of all cells grows with their number, so it is held
    objective = Objective(
        Term(DistributionAlignment(0.1)),
        Term(NeighborhoodAlignment(0.1)),
        Term(ViewConsistency(per_cell=True, max_cells=100), on="z", weight=0.02),
    )
    full = gradient(module, objective, [scaled])
    batches = CellBatches(scaled, parts, BATCH)
    some = gradient(module, objective, [batch for _ in range(8) for batch in batches])
    cosine = torch.nn.functional.cosine_similarity(full, some, dim=0)
    assert cosine > 0.97
    assert 0.8 < some.norm() / full.norm() < 1.25


def test_a_model_trains_in_batches_and_maps_all_cells(monkeypatch):
    adata = sg.datasets.toy(n_slides=1, n_cells=600, n_genes=60)
    sg.pp.graph(adata)
    model = sg.ScRCL(batch_size=200, max_epochs=6).fit(adata, progress=False)
    assert len(model.log_.losses) == 2
    embedding = model.embed(adata)
    assert embedding.shape[0] == 600
    assert np.isfinite(embedding).all()
    again = sg.ScRCL(batch_size=200, max_epochs=6).fit(adata, progress=False).embed(adata)
    np.testing.assert_array_equal(embedding, again)
    forced = sg.ScRCL(batch_size="full", max_epochs=2)
    monkeypatch.setattr(_batch_size, "CELLS", 150)
    assert len(forced.fit(adata, progress=False).log_.losses) == 2
    assert len(sg.ScRCL(max_epochs=6).fit(adata, progress=False).log_.losses) == 2  # 4 batches an epoch


def test_what_is_stored_with_edges_stays_with_them(graph):
    graph = copy.copy(graph)
    store = graph[_keys.SIMILAR]
    store.length = torch.arange(float(store.edge_index.shape[1]))
    cells = torch.arange(20, 60)
    part = subgraph(graph, cells)[_keys.SIMILAR]
    source, target = cells[part.edge_index.as_tensor()]
    whole = store.edge_index.as_tensor()[:, part.length.long()]
    assert torch.equal(whole, torch.stack([source, target]))


def test_sparse_features_are_parted_as_dense_ones_are(graph):
    sparse, as_dense = copy.copy(graph), copy.copy(graph)
    for data in (sparse, as_dense):
        data["cell"].x = graph["cell"].x.relu()
        if "pos" in data["cell"]:
            del data["cell"].pos  # by place otherwise
    sparse["cell"].x = sparse["cell"].x.to_sparse_csr()
    assert torch.equal(partition(sparse, BATCH), partition(as_dense, BATCH))


def test_expression_that_leads_one_way_alone_is_cut_too(graph):
    one_way = copy.copy(graph)
    one_way[_keys.EXPRESSES].weight_twice = 2 * one_way[_keys.EXPRESSES].edge_weight
    del one_way[_keys.EXPRESSED_BY]
    part = subgraph(one_way, torch.arange(20, 60))[_keys.EXPRESSES]
    assert int(plain(part.edge_index)[0].max()) < 40
    assert torch.equal(part.weight_twice, 2 * part.edge_weight)


def test_what_does_not_fit_a_cut_of_expression_is_left_out(graph):
    whole = copy.copy(graph)
    whole[_keys.EXPRESSED_BY].length = torch.arange(whole[_keys.EXPRESSED_BY].edge_index.shape[1])
    assert "length" not in subgraph(whole, torch.arange(20, 60))[_keys.EXPRESSED_BY]
    assert "length" in whole[_keys.EXPRESSED_BY]
