"""What was made of an embedding or of clusters goes with them."""

import logging

import numpy as np
import pandas as pd
import pytest

import scrcl_geo as sg
from scrcl_geo import _pipeline

OF_CLUSTERS = ("scrcl_annotation", "scrcl_comparison", "scrcl_shares", "scrcl_domain_shape")


@pytest.fixture(scope="module")
def run():
    adata = sg.datasets.toy(n_slides=2, n_cells=120, n_genes=60)
    return _pipeline.run(adata, _pipeline.Job(4, batch_key="slide", max_epochs=2, progress=False)), adata


@pytest.fixture
def told(run):
    """Clusters with names, tables, a plane and partitions."""
    adata = run[1].copy()
    sg.tl.partitions(adata, [4, 2], n_repeats=1)
    sg.tl.umap(adata)
    sg.tl.rename(adata, {cluster: f"name {cluster}" for cluster in adata.obs["scrcl"].cat.categories})
    adata.obs["condition"] = np.where(np.arange(adata.n_obs) % 2, "a", "b")
    adata.obs["sample"] = [f"{c}{i % 4 // 2}" for i, c in enumerate(adata.obs["condition"])]
    sg.tl.compare(adata, condition="condition", sample="sample")
    sg.tl.domain_shape(adata)
    assert set(OF_CLUSTERS) <= set(adata.uns)
    return adata


def test_names_and_tables_go_with_the_clusters(told, caplog):
    before = told.obs["scrcl"].copy()
    sg.tl.cluster(told, 4)
    if before.equals(told.obs["scrcl"]):
        assert set(OF_CLUSTERS) <= set(told.uns)
    with caplog.at_level(logging.WARNING, logger="scrcl_geo"):
        sg.tl.cluster(told, 3)
    assert not set(OF_CLUSTERS) & set(told.uns)
    assert "scrcl_name" not in told.obs
    assert "names of the clusters before are gone" in caplog.text
    assert "scrcl_comparison" in caplog.text


def test_another_run_leaves_nothing_of_the_one_before(told):
    _pipeline.run(told, _pipeline.Job(3, batch_key="slide", max_epochs=2, seed=1, progress=False))
    assert told.obs["scrcl"].nunique() == 3
    assert not {"scrcl_name", "scrcl_2", "scrcl_4"} & set(told.obs)
    assert not {"X_scrcl_umap", "X_umap"} & set(told.obsm)
    assert not {*OF_CLUSTERS, "scrcl_partitions", "scrcl_2_colors"} & set(told.uns)
    assert {"condition", "sample", "domain"} <= set(told.obs)


def test_a_plane_of_an_earlier_analysis_stays(told):
    told.obsm["X_umap"] = told.obsm["X_umap"] + 1
    sg.tl.embed(told, max_epochs=2, progress=False)
    assert "X_umap" in told.obsm
    assert "X_scrcl_umap" not in told.obsm


def test_cells_that_are_mapped_keep_nothing_of_their_own_run(run, told):
    (model, _), adata = run
    model.remember(adata)
    sg.tl.map(told, model, batch_key="slide")
    assert not {*OF_CLUSTERS, "scrcl", "scrcl_associations", "scrcl_partitions"} & set(told.uns)
    assert not {"X_scrcl_refined", "X_scrcl_umap"} & set(told.obsm)
    assert not {"scrcl_connectivities", "scrcl_distances"} & set(told.obsp)
    assert "scrcl_name" not in told.obs


def test_partitions_of_a_part_of_the_cells_are_ours(told):
    part = told[::2].copy()
    sg.tl.partitions(part, [4, 2], n_repeats=1)
    part.obs["scrcl_2"] = pd.Categorical(["mine"] * part.n_obs)
    with pytest.raises(sg._validate.ScrclInputError, match="taken"):
        sg.tl.partitions(part, [4, 2], n_repeats=1)


def test_what_is_not_of_these_clusters_stays(told):
    del told.obs["scrcl"], told.uns["scrcl_annotation"]
    told.uns["scrcl_name_colors"] = ["#000000"]
    sg.tl.cluster(told, 3)  # there were no clusters of this name before
    assert {"scrcl_domain_shape", "scrcl_name_colors"} <= set(told.uns)
    sg.tl.cluster(told, 2)
    assert "scrcl_domain_shape" not in told.uns
    assert "scrcl_name" in told.obs  # without a table of ours it is the user's
    assert "scrcl_name_colors" in told.uns
