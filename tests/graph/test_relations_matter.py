"""Relations keep identity and weight up to message passing: changing either changes the embedding."""

import numpy as np
import pytest
import torch
from scipy import sparse
from torch_geometric.nn import GCN, GraphConv, HeteroConv, SAGEConv

import scrcl_geo as sg
from scrcl_geo import _keys
from scrcl_geo.graph import DEFAULT_EDGES, EdgeSpec
from scrcl_geo.nn import Propagation

OWN = EdgeSpec(("cell", "own", "cell"), attr="obsp", key="own")
EDGES = (*DEFAULT_EDGES, OWN)
OF_CELLS = (_keys.SIMILAR, _keys.NEAR, OWN.edge_type)
QUICK = {"max_epochs": 2, "n_networks": 1}


class Weighted(torch.nn.Module):
    """Each relation smoothed by its own weights, and a linear map for each."""

    def __init__(self):
        super().__init__()
        self.hop = Propagation()
        self.maps = torch.nn.ModuleDict({t[1]: torch.nn.LazyLinear(16) for t in OF_CELLS})

    def forward(self, x_dict, edge_index_dict, edge_weight_dict=None):
        x, weights = x_dict[_keys.CELL], edge_weight_dict or {}
        there = [t for t in OF_CELLS if t in edge_index_dict]
        return sum(self.maps[t[1]](self.hop(x, edge_index_dict[t], weights.get(t))) for t in there)


ENCODERS = {
    "GCN on the joined graph": lambda: GCN(-1, 16, num_layers=2, out_channels=16),
    "own, by relation": Weighted,
    "HeteroConv": lambda: HeteroConv({t: GraphConv(-1, 16) for t in OF_CELLS}),
    "the default": lambda: None,
}


@pytest.fixture
def adata(adata):
    own = adata.obsp["scrcl_expression_connectivities"].copy()
    generator = np.random.default_rng(0)
    own.data = generator.uniform(0.5, 1.5, own.nnz).astype(np.float32)
    adata.obsp["own"] = own.maximum(own.T).tocsr()
    return adata


def fitted(adata, encoder, edges=EDGES):
    return sg.ScRCL(encoder=encoder, edges=edges, **QUICK).fit(adata, progress=False)


@pytest.fixture(params=ENCODERS)
def model(request, adata):
    return fitted(adata, ENCODERS[request.param]())


def test_changing_an_edge_weight_changes_the_embedding(adata, model):
    before = model.views(adata).u2
    assert torch.equal(model.views(adata).u2, before)
    row, column = (int(ends[0]) for ends in adata.obsp["own"].nonzero())
    adata.obsp["own"][row, column] = adata.obsp["own"][column, row] = 9.0
    moved = (model.views(adata).u2 - before).abs().max(dim=1).values
    assert moved[row] > 1e-4
    assert moved[row] >= 0.1 * moved.max()  # near that edge, not everywhere alike


def test_an_edge_weight_changes_the_training(adata):
    first = fitted(adata, GCN(-1, 16, num_layers=2, out_channels=16)).embed(adata)
    adata.obsp["own"].data[:] = 1
    second = fitted(adata, GCN(-1, 16, num_layers=2, out_channels=16)).embed(adata)
    assert np.abs(first - second).max() > 1e-4


def test_a_graph_is_read_like_the_annotated_data_it_came_from(adata, model):
    data = sg.graph.to_hetero(adata, edges=EDGES)
    torch.testing.assert_close(model.views(data).u2, model.views(adata).u2)


@pytest.mark.parametrize("relation", [_keys.NEAR, OWN.edge_type], ids=["near", "own"])
def test_removing_a_relation_changes_the_embedding(adata, model, relation):
    data = sg.graph.to_hetero(adata, edges=EDGES)
    whole = model.views(data).u2
    del data[relation]
    without = model.views(data).u2
    assert without.isfinite().all()
    assert (without - whole).abs().max() > 1e-3


def test_relations_among_genes_and_of_expression_reach_the_refinement(adata, model):
    data = sg.graph.to_hetero(adata, edges=EDGES)
    whole = model.views(data)
    data[_keys.EXPRESSES].edge_weight[:] = data[_keys.EXPRESSED_BY].edge_weight[:] = 1
    counted = model.views(data)
    assert (counted.z2 - whole.z2).abs().max() > 1e-4
    del data[_keys.COEXPRESSED]
    assert (model.views(data).genes - counted.genes).abs().max() > 1e-4


def test_leaving_out_an_edge_type_changes_the_training(adata):
    encoder = HeteroConv({t: SAGEConv((-1, -1), 16) for t in OF_CELLS})
    with_own, without = fitted(adata, encoder), fitted(adata, encoder, DEFAULT_EDGES)
    assert np.abs(with_own.embed(adata) - without.embed(adata)).max() > 1e-3


def test_own_edges_reach_the_clusters(adata):
    """All that tells cells apart is an edge type of one's own."""
    halves = np.arange(adata.n_obs) % 2
    same = (halves[:, None] == halves[None]) & (np.random.default_rng(0).random((adata.n_obs,) * 2) < 0.05)
    adata.obsp["own"] = sparse.csr_matrix(np.triu(same, 1) | np.triu(same, 1).T).astype(np.float32)
    adata.obsm["X_none"] = np.eye(adata.n_obs, 30, dtype=np.float32)
    adata.obsm["X_none"][30:] = np.random.default_rng(1).normal(size=(adata.n_obs - 30, 30))
    model = sg.ScRCL(
        encoder=GCN(-1, 16, num_layers=2, out_channels=16),
        edges=(*DEFAULT_EDGES, OWN),
        joined=["own"],
        use_rep="X_none",
        n_hops=(3, 3),
        **QUICK,
    ).fit(adata, progress=False)
    z = model.embed(adata)
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    nearest = ((z[:, None] - z[None]) ** 2).sum(axis=2) + 1e9 * np.eye(adata.n_obs)
    assert (halves[nearest.argmin(axis=1)] == halves).mean() > 0.8
