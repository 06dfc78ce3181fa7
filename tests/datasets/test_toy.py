"""The generator plants what it says."""

import numpy as np
import pytest

import scrcl_geo as sg


def test_same_seed_same_data():
    a, b, c = sg.datasets.toy(), sg.datasets.toy(), sg.datasets.toy(seed=1)
    assert (a.X != b.X).nnz == 0
    assert (a.X != c.X).nnz > 0


def test_counts_domains_slides_and_markers():
    adata = sg.datasets.toy(n_slides=3, n_cells=200, n_genes=80, n_domains=4, n_markers=5)
    assert adata.shape == (600, 80)
    assert np.array_equal(adata.X.data, np.round(adata.X.data))
    assert adata.obs["slide"].value_counts().tolist() == [200] * 3
    assert (adata.var["marker_of"] != "").sum() == 20
    markers = adata[:, adata.var["marker_of"] == "layer_2"].X.sum(axis=1).A1
    inside = (adata.obs["domain"] == "layer_2").to_numpy()
    assert markers[inside].mean() > 2 * markers[~inside].mean()


def test_layers_are_coherent_in_space():
    adata = sg.datasets.toy(n_slides=1)
    sg.pp.spatial_neighbors(adata)
    assert sg.metrics.spatial_coherence(adata.obs["domain"], adata.obsp["scrcl_spatial_connectivities"]) > 0.8


def test_slides_lie_side_by_side_or_on_top_of_each_other():
    for overlap in (False, True):
        adata = sg.datasets.toy(n_cells=100, overlap=overlap)
        first = (adata.obs["slide"] == "slide_1").to_numpy()
        x = adata.obsm["spatial"][:, 1]
        assert (x[first].max() < x[~first].min()) != overlap


def test_without_space():
    assert "spatial" not in sg.datasets.toy(spatial=False).obsm


def test_too_few_genes_for_the_markers():
    with pytest.raises(ValueError, match="n_genes is too small: found 20"):
        sg.datasets.toy(n_genes=20)
