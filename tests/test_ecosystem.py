"""Results are read by scanpy and squidpy as they are."""

import logging

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

import scrcl_geo as sg

mpl.use("Agg")


@pytest.fixture
def result(adata):
    sg.tl.embed(adata, max_epochs=2, progress=False)
    sg.tl.cluster(adata, 4, method="kmeans")
    sg.tl.umap(adata)
    return adata


@pytest.mark.filterwarnings("ignore")
def test_scanpy_and_squidpy_read_the_result(result):
    import scanpy as sc
    import squidpy as sq

    sc.tl.paga(result, groups="scrcl")
    assert result.uns["paga"]["connectivities"].shape == (4, 4)
    sc.pl.paga(result, show=False)
    sc.pl.umap(result, color="scrcl", show=False)
    sc.pl.embedding(result, basis="spatial", color="scrcl", show=False)
    sc.pp.neighbors(result, use_rep="X_scrcl", key_added="joint")
    sc.tl.leiden(result, neighbors_key="joint", flavor="igraph", n_iterations=2)
    sc.tl.rank_genes_groups(result, "scrcl", method="t-test_overestim_var")
    sq.gr.nhood_enrichment(result, cluster_key="scrcl", n_perms=10, show_progress_bar=False)
    sq.pl.spatial_scatter(result, color="scrcl", shape=None, library_key="slide")
    assert np.isfinite(result.uns["scrcl_nhood_enrichment"]["zscore"]).any()
    plt.close("all")


def test_logging_is_the_callers_choice(adata, capsys, caplog):
    with caplog.at_level(logging.WARNING, logger="scrcl_geo"):
        sg.pp.graph(adata, batch_key="slide")
    assert caplog.records == []
    assert capsys.readouterr().out == ""
    with caplog.at_level(logging.INFO, logger="scrcl_geo"):
        sg.pp.select_genes(adata)
    assert "genes" in caplog.text


def test_key_added_leaves_the_usual_keys_alone(result):
    before = result.obsp["connectivities"].copy()
    sg.pp.neighbors(result, n_neighbors=3, key_added="few")
    sg.tl.cluster(result, 3, method="kmeans", use_rep="X_pca", key_added="mine")
    assert result.uns["few"]["connectivities_key"] == "few_connectivities"
    assert (result.obsp["connectivities"] != before).nnz == 0
    assert result.obs["scrcl"].nunique() == 4
    assert result.obs["mine"].nunique() == 3
