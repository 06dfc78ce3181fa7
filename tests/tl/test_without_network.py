"""A network that learned nothing does not spoil the clusters."""

import numpy as np
import pytest

import scrcl_geo as sg
from scrcl_geo.tl._embedding_parts import part_columns


@pytest.fixture(scope="module", params=["yes", "no"], ids=["tissue", "cells"])
def embedded(request):
    adata = sg.datasets.toy(n_slides=1, n_cells=600)
    sg.pp.graph(adata, spatial=request.param)
    sg.tl.embed(adata, max_epochs=5, progress=False)
    return adata, adata.obs["domain"]


def line(shape):
    """All cells on one line: views that have collapsed."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(shape[0], 1)) * rng.normal(size=(1, shape[1]))


def noise(shape):
    """Views that know nothing of the cells."""
    return np.random.default_rng(0).normal(size=shape)


@pytest.mark.parametrize("broken", [line, noise, np.zeros])
def test_broken_views_cost_little(embedded, broken):
    adata, truth = embedded
    views = part_columns(adata, "X_scrcl")["views"]
    whole = adata.obsm["X_scrcl"].copy()
    n_clusters = truth.nunique()

    sg.tl.cluster(adata, n_clusters)
    sound = sg.metrics.ari(truth, adata.obs["scrcl"])
    adata.obsm["X_scrcl"][:, views] = broken(whole[:, views].shape)
    sg.tl.cluster(adata, n_clusters)
    found = sg.metrics.ari(truth, adata.obs["scrcl"])
    adata.obsm["X_scrcl"] = whole

    assert sound > 0.7
    assert found > sound - 0.05
