"""Views of tissue start at one projection of the features."""

import pytest
import torch
from graphs import cells_and_genes, dense, random_graph
from torch.nn.functional import normalize

import scrcl_geo as sg
from scrcl_geo import _keys
from scrcl_geo._validate import ScrclInputError
from scrcl_geo.nn import BipartiteRefinement, CellEncoder, NeighborhoodEncoder, ScRCLModule, start_linear

N, G, F, S, D, K = 40, 9, 12, 8, 16, 8
REACHES = {_keys.NEAR[1]: (1, 2)}


def parts(linear=True):
    torch.manual_seed(0)
    return (
        CellEncoder(F, D, linear=linear),
        NeighborhoodEncoder(F, D, reaches=REACHES, state_channels=S, linear=linear),
        BipartiteRefinement(D, K, n_genes=G, mean=True),
    )


@pytest.fixture
def data():
    torch.manual_seed(0)
    near = dense(random_graph(N), dtype=torch.float32)
    return cells_and_genes(torch.randn(N, F), torch.rand(N, G), near=near)


def test_both_views_are_one_projection(data):
    cell, around, refinement = parts()
    start_linear(cell, around, refinement)
    views = ScRCLModule(cell, around, refinement).eval()(data)
    projection = refinement.itself.weight @ cell.linear.weight  # (K, F)
    torch.testing.assert_close(projection @ projection.T, torch.eye(K), atol=1e-5, rtol=0)
    x = data[_keys.CELL].x @ projection.T
    walk = torch.zeros(N, N)
    source, target = data[_keys.NEAR].edge_index
    walk[target, source] = 1
    walk /= walk.sum(dim=1, keepdim=True).clamp_min(1)
    torch.testing.assert_close(views.z1, normalize(x, dim=1), atol=1e-5, rtol=0)
    torch.testing.assert_close(views.z2, normalize(walk @ x + walk @ walk @ x, dim=1), atol=1e-4, rtol=0)


def test_what_is_added_learns(data):
    start_linear(*(modules := parts()))
    module = ScRCLModule(*modules)
    module(data).z2[:, 0].sum().backward()
    assert module.encoder2.out[-1].weight.grad.abs().sum() > 0


def test_encoders_without_a_linear_map_are_refused():
    with pytest.raises(ScrclInputError, match="build both with linear=True"):
        start_linear(*parts(linear=False))


def test_tissue_starts_so_and_cells_do_not(adata):
    def members(cells):
        return sg.ScRCL(max_epochs=1).fit(cells, progress=False).module_.members[0]

    assert members(adata).encoder1.linear is not None
    del adata.obsm["spatial"]
    sg.pp.graph(adata)
    assert members(adata).encoder1.linear is None
