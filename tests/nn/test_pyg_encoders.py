"""Encoders of PyG train as they are, of one relation and of several; what does not fit is one clear line."""

import numpy as np
import pytest
import torch
from torch import nn
from torch_geometric.nn import (
    GCN,
    MLP,
    ChebConv,
    GATv2Conv,
    GINConv,
    GraphConv,
    HANConv,
    HeteroConv,
    HGTConv,
    RGCNConv,
    SAGEConv,
    TransformerConv,
)

import scrcl_geo as sg
from scrcl_geo import _keys
from scrcl_geo._messages import plain
from scrcl_geo.graph import EdgeSpec
from scrcl_geo.nn import MLPEncoder, encode

WIDTH = 16
QUICK = {"max_epochs": 12, "n_networks": 1}
RELATIONS = (_keys.SIMILAR, _keys.NEAR, _keys.MATCHED, _keys.EXPRESSED_BY, _keys.EXPRESSES)


class RGCN(nn.Module):
    """The relations among cells numbered, for a convolution that tells them by number."""

    def __init__(self, in_channels):
        super().__init__()
        self.conv = RGCNConv(in_channels, WIDTH, num_relations=3)

    def forward(self, x_dict, edge_index_dict):
        edges = [edge_index_dict[edge_type] for edge_type in RELATIONS[:3]]
        numbers = torch.repeat_interleave(torch.arange(3), torch.tensor([e.shape[1] for e in edges]))
        return self.conv(x_dict[_keys.CELL], torch.cat(edges, dim=1), numbers)


ONE_RELATION = {
    "GCN": lambda f: GCN(-1, WIDTH, num_layers=2, out_channels=WIDTH),
    "SAGEConv": lambda f: SAGEConv(-1, WIDTH),
    "GATv2Conv": lambda f: GATv2Conv(-1, WIDTH // 2, heads=2),
    "TransformerConv": lambda f: TransformerConv(-1, WIDTH // 4, heads=4),
    "GINConv": lambda f: GINConv(MLP([f, WIDTH, WIDTH])),
    "ChebConv": lambda f: ChebConv(f, WIDTH, K=2),
}
METADATA = ([_keys.CELL, _keys.GENE], [*RELATIONS, _keys.COEXPRESSED])
SEVERAL_RELATIONS = {
    "HeteroConv": lambda f: HeteroConv({t: SAGEConv((-1, -1), WIDTH) for t in RELATIONS}, aggr="mean"),
    "HeteroConv of weights": lambda f: HeteroConv({t: GraphConv((-1, -1), WIDTH) for t in RELATIONS}),
    "RGCN": RGCN,
    "HGTConv": lambda f: HGTConv(-1, WIDTH, METADATA, heads=2),
    "HANConv": lambda f: HANConv(-1, WIDTH, METADATA, heads=2),
}
ENCODERS = ONE_RELATION | SEVERAL_RELATIONS


@pytest.fixture(scope="module")
def n_features(toy_graph):
    return toy_graph.obsm[_keys.PCA].shape[1]


@pytest.mark.parametrize("name", ENCODERS)
def test_trains_as_it_is(toy_graph, n_features, name):
    encoder = ENCODERS[name](n_features)
    model = sg.ScRCL(encoder=encoder, **QUICK).fit(toy_graph, progress=False)
    totals = [sum(losses.values()) for losses in model.log_.losses]
    assert np.isfinite(totals).all()
    assert np.mean(totals[-3:]) < np.mean(totals[:3])
    views = model.views(toy_graph)
    assert all(part.isfinite().all() for part in views)
    assert views.u1.shape == views.u2.shape == (toy_graph.n_obs, WIDTH)
    assert views.u2.std(dim=0).max() > 1e-3  # cells differ
    assert model.associations(toy_graph).shape == (toy_graph.n_obs, len(model.genes_))


@pytest.mark.parametrize("name", ENCODERS)
def test_every_weight_of_an_encoder_of_cells_gets_a_gradient(toy_graph, n_features, name):
    torch.manual_seed(0)
    data = sg.ScRCL().graph(toy_graph)
    encoder = ENCODERS[name](n_features)
    encode(encoder, data[_keys.CELL].x, data)  # lazy sizes
    encode(encoder, data[_keys.CELL].x, data).square().sum().backward()
    reached = [p for p in encoder.parameters() if p.grad is not None]
    assert all(p.grad.isfinite().all() for p in reached)
    assert sum(p.numel() for p in reached if p.grad.abs().max() > 0) > 0


@pytest.mark.parametrize("name", ENCODERS)
def test_the_order_of_edges_changes_nothing(toy_graph, n_features, name):
    torch.manual_seed(0)
    data = sg.ScRCL().graph(toy_graph)
    encoder = ENCODERS[name](n_features).eval()
    expected = encode(encoder, data[_keys.CELL].x, data)
    for edge_type in data.edge_types:
        store = data[edge_type]
        order = torch.randperm(store.edge_index.shape[1])
        store.edge_index = plain(store.edge_index)[:, order]
        if "edge_weight" in store:
            store.edge_weight = store.edge_weight[order]
    torch.testing.assert_close(encode(encoder, data[_keys.CELL].x, data), expected, rtol=1e-4, atol=1e-4)


def test_a_saved_model_takes_its_encoder_again(toy_graph, n_features, tmp_path):
    for name in ("GATv2Conv", "HeteroConv"):
        model = sg.ScRCL(encoder=ENCODERS[name](n_features), max_epochs=1).fit(toy_graph, progress=False)
        model.save(tmp_path / name)
        with pytest.raises(ValueError, match="the model has its own 'encoder'"):
            sg.ScRCL.load(tmp_path / name)
        loaded = sg.ScRCL.load(tmp_path / name, encoder=ENCODERS[name](n_features))
        np.testing.assert_array_equal(loaded.embed(toy_graph), model.embed(toy_graph))


def refused(message, action):
    with pytest.raises(sg._validate.ScrclInputError, match=message) as error:
        action()
    assert "\n" not in str(error.value)


def test_heads_that_do_not_fit_the_other_view(toy_graph, n_features):
    model = sg.ScRCL(encoder=GATv2Conv(-1, 8, heads=3), cell_encoder=MLPEncoder(n_features, WIDTH))
    refused(
        "the two views differ in width: found 16 and 24 columns; .* several heads side by side",
        lambda: model.fit(toy_graph, progress=False),
    )


def test_an_encoder_of_another_size_of_result(toy_graph):
    class OneRow(nn.Module):
        def forward(self, x, edge_index):
            return x.mean(dim=0)

    refused(
        "OneRow does not encode the cells: found",
        lambda: sg.ScRCL(encoder=OneRow()).fit(toy_graph, progress=False),
    )


def test_an_edge_type_between_unknown_nodes(toy_graph):
    refused(
        r"obsp cannot hold edge type \('cell', 'binds', 'protein'\): found cell to protein",
        lambda: EdgeSpec(("cell", "binds", "protein"), attr="obsp", key="binds"),
    )
    data = sg.graph.to_hetero(toy_graph)
    data["cell", "binds", "protein"].edge_index = torch.tensor([[0], [0]])
    refused(
        "edges with the unknown node type 'protein': found 'cell', 'gene'",
        lambda: sg.ScRCL(max_epochs=1).fit(data, progress=False),
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_weight_that_is_not_finite(adata, value):
    adata.obsp["own"] = adata.obsp["scrcl_expression_connectivities"].copy()
    adata.obsp["own"].data[3] = value
    own = EdgeSpec(("cell", "own", "cell"), attr="obsp", key="own")
    refused(
        r"obsp\['own'\] is not finite: found NaN or infinite weights",
        lambda: sg.ScRCL(edges=[own], max_epochs=1).fit(adata, progress=False),
    )
    data = sg.graph.to_hetero(adata)
    data[_keys.NEAR].edge_weight[3] = value
    refused(
        r"weights of \('cell', 'near', 'cell'\) are not finite",
        lambda: sg.ScRCL(max_epochs=1).fit(data, progress=False),
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data.__delitem__(_keys.CELL), "the graph has no features of cells: found 'gene'"),
        (
            lambda data: [data.__delitem__(t) for t in (_keys.EXPRESSES, _keys.EXPRESSED_BY)],
            "the graph has no expression",
        ),
        (lambda data: data[_keys.CELL].__delitem__("x"), "the graph has no features of cells"),
    ],
)
def test_a_graph_that_lacks_something(toy_graph, change, message):
    data = sg.graph.to_hetero(toy_graph)
    change(data)
    refused(message, lambda: sg.ScRCL(max_epochs=1).fit(data, progress=False))
