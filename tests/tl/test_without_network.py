"""A network that learned nothing, or one that collapsed, does not spoil the clusters."""

import logging

import numpy as np
import pytest
import torch

import scrcl_geo as sg
from scrcl_geo._neighbors.smoothing import smooth


class Constant(torch.nn.Module):
    """An encoder that sees no difference between cells."""

    def __init__(self):
        super().__init__()
        self.value = torch.nn.Parameter(torch.ones(64))

    def forward(self, x):
        return self.value.expand(len(x), -1)


BROKEN = {
    "untrained": lambda: sg.ScRCL(learning_rate=1e-12),
    "collapsed": lambda: sg.ScRCL(encoder=Constant(), cell_encoder=Constant()),
}


@pytest.fixture(scope="module", params=["tissue", "cells"])
def graphs(request):
    in_space = request.param == "tissue"
    # with 200 genes the input alone tells domains in tissue, and nothing is left to be better at
    adata = sg.datasets.toy(n_slides=1, n_cells=600, n_genes=80 if in_space else 200)
    sg.pp.graph(adata, spatial="yes" if in_space else "no")
    return adata


def score(adata, model):
    adata = adata.copy()
    truth = adata.obs["domain"]
    sg.tl.embed(adata, model=model, progress=False)
    sg.tl.cluster(adata, truth.nunique())
    return adata, sg.metrics.ari(truth, adata.obs["scrcl"])


def without_network(adata):
    """The same clusterer on what the network reads."""
    adata = adata.copy()
    x = adata.obsm["X_scrcl_pca"]
    if "scrcl_spatial_connectivities" in adata.obsp:
        x = smooth(
            x, adata.obsp["scrcl_spatial_connectivities"], max(1, adata.uns["scrcl_reach"]["reach"] // 2)
        )
    adata.obsm["X_scrcl"] = x
    adata.uns["scrcl"] = {"from_network": False}
    sg.tl.cluster(adata, adata.obs["domain"].nunique())
    return sg.metrics.ari(adata.obs["domain"], adata.obs["scrcl"])


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_network_is_told_and_costs_nothing(graphs, broken, caplog):
    with caplog.at_level(logging.WARNING, logger="scrcl_geo"):
        adata, found = score(graphs, BROKEN[broken]())
    assert "the input stands alone" in caplog.text
    assert not adata.uns["scrcl"]["from_network"]
    assert found == pytest.approx(without_network(graphs))


def test_a_sound_network_tells_domains_better_than_the_input(graphs):
    _, sound = score(graphs, sg.ScRCL())
    assert sound > 0.7
    if "scrcl_spatial_connectivities" in graphs.obsp:
        assert sound > 0.9
        assert sound > without_network(graphs)


def test_cells_can_be_mapped_without_the_network(graphs):
    adata, _ = score(graphs, model := BROKEN["untrained"]())
    new = graphs[:100].copy()
    sg.tl.map(new, model.remember(adata))
    assert new.obsm["X_scrcl"].shape[1] == adata.obsm["X_scrcl"].shape[1]
    assert np.isfinite(new.obsm["X_scrcl"]).all()


def test_a_sound_network_is_in_the_embedding(graphs):
    adata, _ = score(graphs, sg.ScRCL())
    assert adata.uns["scrcl"]["from_network"]
