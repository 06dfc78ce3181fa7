"""Mini-batches: every cell once an epoch, most edges kept, gradients that agree with the full graph's."""

import numpy as np
import pytest
import torch

import scrcl_geo as sg
from scrcl_geo import _keys
from scrcl_geo._pipeline import plan
from scrcl_geo.graph import DEFAULT_EDGES, CellBatches
from scrcl_geo.graph._batches import partition
from scrcl_geo.graph._convert import hetero, read_relations
from scrcl_geo.model._network import default_objective
from scrcl_geo.model._reading import for_encoders
from scrcl_geo.nn import BipartiteRefinement, GCNEncoder, MLPEncoder, ScRCLModule
from scrcl_geo.nn.tensors import GraphTensors

BATCH = 500


@pytest.fixture(scope="module", params=["cells", "tissue"])
def relations(request):
    adata = sg.datasets.toy(n_slides=1, n_cells=2000, n_genes=100)
    sg.pp.graph(adata, spatial="no" if request.param == "cells" else "yes")
    found = read_relations(adata, edges=DEFAULT_EDGES, use_rep="X_pca")
    place = adata.obsm["X_pca" if request.param == "cells" else "spatial"]
    found = for_encoders(found, 10.0, (0, 2))
    return found, partition(place, BATCH)


def test_an_epoch_sees_every_cell_once(relations):
    batches = CellBatches(*relations, BATCH)
    assert len(batches) == 4
    rows = list(batches.rows())
    assert sorted(np.concatenate(rows)) == list(range(2000))
    assert [len(r) for r in rows] != [len(r) for r in batches.rows()]  # shuffled anew
    assert max(len(r) for r in rows) < 1.6 * BATCH


def test_most_edges_lie_within_a_batch(relations):
    graph, parts = relations
    adjacency = graph.between(_keys.CELL)
    kept = sum(adjacency[rows][:, rows].nnz for rows in CellBatches(graph, parts, BATCH).rows())
    assert kept / adjacency.nnz > 0.4  # random batches would keep a quarter


def test_a_batch_is_the_induced_subgraph(relations):
    graph, parts = relations
    batches = CellBatches(graph, parts, BATCH, seed=3)
    rows = next(iter(CellBatches(graph, parts, BATCH, seed=3).rows()))
    batch = next(iter(batches))
    expected = graph.between(_keys.CELL)[rows][:, rows].toarray()
    np.testing.assert_array_equal(batch.adj.to_dense().numpy(), expected)
    np.testing.assert_array_equal(batch.x1.numpy(), graph.features["x"][rows])


def gradient(module, objective, batches):
    """Mean gradient over batches, flat."""
    found = []
    for batch in batches:
        module.zero_grad()
        sum(objective(module(batch), batch.adj).values()).backward()
        found.append(torch.cat([p.grad.reshape(-1) for p in module.parameters()]))
    return torch.stack(found).mean(dim=0)


def test_mean_gradient_agrees_with_the_full_graphs(relations):
    graph, parts = relations
    torch.manual_seed(0)
    width = graph.features["x"].shape[1]
    module = ScRCLModule(MLPEncoder(width, 32), GCNEncoder(width, 32, n_hops=0), BipartiteRefinement(32, 8))
    module.eval()  # dropout would blur the comparison
    objective = default_objective()
    objective.stand_for(graph.n_cells)
    full = gradient(module, objective, [GraphTensors.from_hetero(hetero(graph))])
    batches = CellBatches(graph, parts, BATCH)
    some = gradient(module, objective, [batch for _ in range(8) for batch in batches])
    cosine = torch.nn.functional.cosine_similarity(full, some, dim=0)
    assert cosine > 0.97
    assert 0.8 < some.norm() / full.norm() < 1.25


def test_a_model_trains_in_batches_and_maps_all_cells(monkeypatch):
    adata = sg.datasets.toy(n_slides=1, n_cells=600, n_genes=60)
    sg.pp.graph(adata)
    model = sg.ScRCL(batch_size=200, max_epochs=2).fit(adata, progress=False)
    assert len(model.log_.losses) == 2
    embedding = model.embed(adata)
    assert embedding.shape == (600, 256)
    assert np.isfinite(embedding).all()
    again = sg.ScRCL(batch_size=200, max_epochs=2).fit(adata, progress=False).embed(adata)
    np.testing.assert_array_equal(embedding, again)
    forced = sg.ScRCL(batch_size="full", max_epochs=2)
    monkeypatch.setattr(plan, "FULL_UP_TO", 100)
    monkeypatch.setattr(plan, "BATCH_SIZE", 150)
    assert len(forced.fit(adata, progress=False).log_.losses) == 2
    assert len(sg.ScRCL(max_epochs=2).fit(adata, progress=False).log_.losses) == 2  # 6 steps in 4 batches
