"""The network as a whole: shapes, gradients, and views that do not fit each other."""

import copy

import pytest
import torch
from torch_geometric.nn import GAT, GCN, GraphSAGE

from scrcl_geo import _keys
from scrcl_geo.graph import linked, to_hetero
from scrcl_geo.nn import BipartiteRefinement, GCNEncoder, MLPEncoder, ScRCLModule, Views, scrcl_module


@pytest.fixture(scope="module")
def batch(toy_graph):
    return linked(to_hetero(toy_graph))


def network(batch, encoder, width=16):
    features = batch[_keys.CELL].x.shape[1]
    return ScRCLModule(MLPEncoder(features, width), encoder, BipartiteRefinement(width, 8))


@pytest.mark.parametrize("kind", [GCNEncoder, GCN, GAT, GraphSAGE])
def test_any_pyg_encoder_fits(batch, kind):
    torch.manual_seed(0)
    features = batch[_keys.CELL].x.shape[1]
    more = {} if kind is GCNEncoder else {"num_layers": 2, "out_channels": 16}
    module = network(batch, kind(features, 16, **more))
    views = module(batch)
    n, g = (batch[node].num_nodes for node in (_keys.CELL, _keys.GENE))
    assert [tuple(v.shape) for v in views] == [(n, 16), (n, 16), (n, 8), (n, 8), (g, 8)]
    torch.testing.assert_close(views.z1.norm(dim=1), torch.ones(n))
    sum(v.sum() for v in views).backward()
    assert all(p.grad.isfinite().all() for p in module.parameters() if p.grad is not None)
    assert sum(p.grad is not None for p in module.parameters()) > 5


def test_views_may_read_features_of_their_own(batch):
    module = network(batch, GCNEncoder(batch[_keys.CELL].x.shape[1], 16)).eval()
    first, second = module.encoded(batch)
    other = batch.clone()
    other[_keys.CELL].x2 = batch[_keys.CELL].x.flip(0)
    found = module.encoded(other)
    torch.testing.assert_close(found[0], first)
    assert not torch.allclose(found[1], second)


def test_in_the_graph_of_the_refinement_hidden_cells_express_nothing(batch):
    class Watching(BipartiteRefinement):
        def forward(self, h, data):
            self.senders = data[_keys.EXPRESSES].edge_index[0].unique()
            self.receivers = data[_keys.EXPRESSED_BY].edge_index[1].unique()
            return super().forward(h, data)

    module = network(batch, GCNEncoder(batch[_keys.CELL].x.shape[1], 16))
    module.refinement = Watching(16, 8)
    part = batch.clone()
    part[_keys.CELL].hidden = hidden = torch.arange(part[_keys.CELL].num_nodes) % 3 == 0
    module(part)
    for cells in (module.refinement.senders, module.refinement.receivers):
        assert len(cells)
        assert not hidden[torch.as_tensor(cells)].any()
    assert part[_keys.EXPRESSES].edge_index.shape == batch[_keys.EXPRESSES].edge_index.shape


@pytest.mark.parametrize("own", ["forward", "pair", "nothing"])
def test_what_a_refinement_writes_anew_is_what_runs(batch, own):
    def forward(self, h, data):
        z, genes = BipartiteRefinement.forward(self, h, data)
        return z + 1, genes

    def pair(self, h1, h2, data):
        z1, z2, genes = BipartiteRefinement.pair(self, h1, h2, data)
        return z1 + 1, z2 + 1, genes

    written = {"forward": {"forward": forward}, "pair": {"pair": pair}, "nothing": {}}[own]
    module = network(batch, GCNEncoder(batch[_keys.CELL].x.shape[1], 16)).eval()
    module.refinement = BipartiteRefinement(16, 8).eval()
    before = module(batch)
    module.refinement.__class__ = type("Own", (BipartiteRefinement,), written)
    after = module(batch)
    shift = 0 if own == "nothing" else 1
    torch.testing.assert_close((after.z1, after.z2), (before.z1 + shift, before.z2 + shift))
    torch.testing.assert_close(after.genes, before.genes)


def test_views_of_two_widths_are_one_clear_line(batch):
    module = network(batch, GCNEncoder(batch[_keys.CELL].x.shape[1], 12))
    with pytest.raises(ValueError, match="the two views differ in width: found 16 and 12 columns") as error:
        module(batch)
    assert "\n" not in str(error.value)


def test_both_views_side_by_side():
    views = Views(torch.zeros(3, 2), torch.ones(3, 2), torch.zeros(3, 1), torch.ones(3, 1), torch.zeros(4, 1))
    assert views.side_by_side("u").tolist() == [[0, 0, 1, 1]] * 3
    assert views.side_by_side("z").shape == (3, 2)
    with pytest.raises(ValueError, match="on is not known: found 'x'"):
        views.side_by_side("x")


def test_edges_of_hidden_cells_may_weigh_nothing_instead(batch, monkeypatch):
    module = network(batch, GCNEncoder(batch[_keys.CELL].x.shape[1], 16)).eval()
    batch = batch.clone()
    batch[_keys.CELL].hidden = torch.arange(batch[_keys.CELL].num_nodes) % 3 == 0
    taken_away = module(batch)
    monkeypatch.setattr(scrcl_module, "at_hand", lambda x: False)
    assert [torch.allclose(a, b, atol=1e-6) for a, b in zip(module(batch), taken_away, strict=True)] == [
        True
    ] * 5
    module.refinement.reads_weights = False  # one of somebody's own may not look at them
    senders = []
    module.refinement.messages.register_forward_pre_hook(lambda _, inputs: senders.append(inputs[1]))
    module(batch)
    assert not (batch[_keys.CELL].hidden[senders[0][0][0]]).any()


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("by_weight", [True, False])
def test_a_graph_whose_expression_leads_back_alone_gives_the_same_gradients(
    batch, masked, by_weight, monkeypatch
):
    monkeypatch.setattr(scrcl_module, "at_hand", lambda x: not by_weight)
    module = network(batch, GCNEncoder(batch[_keys.CELL].x.shape[1], 16)).eval()
    batch = batch.clone()
    if masked:
        batch[_keys.CELL].hidden = torch.arange(batch[_keys.CELL].num_nodes) % 3 == 0
    alone = copy.copy(batch)
    del alone[_keys.EXPRESSES]
    gradients = []
    for data in (batch, alone):
        module.zero_grad()
        views = module(data)
        (views.z1.square().sum() + (views.z2 * views.z1).sum() + views.genes.sum()).backward()
        gradients.append([p.grad for p in module.parameters() if p.grad is not None])
    assert len(gradients[0]) == len(gradients[1]) > 5
    for one, other in zip(*gradients, strict=True):
        assert torch.equal(one, other)
    assert _keys.EXPRESSES not in alone.edge_types
