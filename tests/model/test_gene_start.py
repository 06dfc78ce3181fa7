"""Where the embeddings of genes start: in the span of what tells cells apart, and only without space."""

import numpy as np
import pytest
import torch

import scrcl_geo as sg
from scrcl_geo import _keys
from scrcl_geo.graph import to_hetero
from scrcl_geo.losses.expression_likelihood import expression_rows
from scrcl_geo.model._fitting import sizes_of
from scrcl_geo.model._gene_start import gene_start
from scrcl_geo.model._network import NetworkParts


@pytest.fixture(scope="module")
def cells():
    adata = sg.datasets.toy(n_slides=1, n_cells=300, n_genes=100)
    del adata.obsm["spatial"]
    sg.pp.graph(adata)
    return adata


def test_the_start_spans_what_tells_the_types_apart(cells):
    start = gene_start(to_hetero(cells), 8, seed=0).numpy()
    assert start.shape == (100, 8)
    assert start.std() == pytest.approx(1, abs=1e-2)
    shares = expression_rows(to_hetero(cells), torch.arange(300)).numpy()
    types, mean = cells.obs["domain"].to_numpy(), shares.mean(axis=0)
    contrasts = np.stack([shares[types == t].mean(axis=0) / mean - 1 for t in np.unique(types)], axis=1)
    random = np.random.default_rng(0).normal(size=start.shape)
    assert unexplained(contrasts, start) < 0.4 * unexplained(contrasts, random)


def unexplained(contrasts, loadings):
    found, *_ = np.linalg.lstsq(loadings, contrasts, rcond=None)
    return ((contrasts - loadings @ found) ** 2).sum()


def test_held_out_cells_do_not_tell(cells):
    data = to_hetero(cells)
    data[_keys.CELL].held_out = torch.arange(300) % 5 == 0
    start = gene_start(data, 8, seed=0)
    assert torch.equal(start, gene_start(data, 8, seed=0))
    assert not torch.equal(start, gene_start(to_hetero(cells), 8, seed=0))


def test_the_network_begins_there(cells):
    data = to_hetero(cells)
    config = sg.ScRCL().config
    genes = NetworkParts().genes(data, config, seed=0)
    module = NetworkParts().build(config, sizes_of(data), genes=genes)
    assert torch.equal(module.refinement.gene_embedding.detach(), 0.05 * genes)


def test_none_in_tissue_of_few_cells_or_for_another_refinement(cells, toy_graph):
    config = sg.ScRCL().config
    assert gene_start(to_hetero(toy_graph), 8, seed=0) is None
    assert gene_start(to_hetero(cells), 95, seed=0) is None
    assert NetworkParts(refinement=torch.nn.Identity()).genes(to_hetero(cells), config, seed=0) is None
    assert sg.ScRCL.paper().parts.genes(to_hetero(cells), sg.ScRCL.paper().config, seed=0) is None
