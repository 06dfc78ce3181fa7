"""The network as a whole, and PyG's own models as encoders."""

import pytest
import torch
from torch_geometric.nn import GAT, GCN, GraphSAGE

from scrcl_geo.graph import to_hetero
from scrcl_geo.nn import BipartiteRefinement, GCNEncoder, MLPEncoder, ScRCLModule
from scrcl_geo.nn.tensors import GraphTensors


@pytest.fixture(scope="module")
def batch(toy_graph):
    return GraphTensors.from_hetero(to_hetero(toy_graph))


@pytest.mark.parametrize("encoder", [GCNEncoder, GCN, GAT, GraphSAGE])
def test_any_pyg_encoder_fits(batch, encoder):
    torch.manual_seed(0)
    features = batch.x1.shape[1]
    second = (
        GCNEncoder(features, 16)
        if encoder is GCNEncoder
        else encoder(features, 16, num_layers=2, out_channels=16)
    )
    module = ScRCLModule(MLPEncoder(features, 16), second, BipartiteRefinement(16, 8))
    views = module(batch)
    n, g = batch.n_cells, batch.coexpressed.shape[0]
    assert [tuple(v.shape) for v in views] == [(n, 16), (n, 16), (n, 8), (n, 8), (g, 8)]
    torch.testing.assert_close(views.z1.norm(dim=1), torch.ones(n))
    sum(v.sum() for v in views).backward()
    assert all(p.grad.isfinite().all() for p in module.parameters() if p.grad is not None)
    assert sum(p.grad is not None for p in module.parameters()) > 5
