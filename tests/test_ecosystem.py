"""Results are read by scanpy and squidpy as they are."""

import logging

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from anndata.tests.helpers import assert_equal

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

    sc.tl.umap(result, neighbors_key="scrcl", key_added="again")
    sc.tl.paga(result, groups="scrcl", neighbors_key="scrcl")
    assert result.uns["paga"]["connectivities"].shape == (4, 4)
    sc.pl.paga(result, show=False)
    sc.pl.umap(result, color="scrcl", show=False)
    sc.pl.embedding(result, basis="spatial", color="scrcl", show=False)
    sc.tl.leiden(result, neighbors_key="scrcl", flavor="igraph", n_iterations=2)
    sc.tl.rank_genes_groups(result, "scrcl", method="t-test_overestim_var")
    sq.gr.nhood_enrichment(
        result, cluster_key="scrcl", connectivity_key="scrcl_spatial", n_perms=10, show_progress_bar=False
    )
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


@pytest.mark.filterwarnings("ignore")
def test_a_finished_analysis_stays_bit_for_bit(tmp_path):
    """What ``scrcl-geo run`` and ``cluster`` leave of a file that scanpy and squidpy have worked on."""
    import anndata
    import scanpy as sc
    import squidpy as sq

    from scrcl_geo.cli import main

    adata = sg.datasets.toy(n_slides=1, n_cells=120, n_genes=60)
    counts = adata.X.copy()
    sc.pp.normalize_total(adata)
    sc.pp.log1p(adata)
    adata.layers["counts"] = counts
    sc.pp.highly_variable_genes(adata, n_top_genes=40)
    sc.pp.pca(adata, n_comps=8)
    sc.pp.neighbors(adata, n_neighbors=5)
    sc.tl.umap(adata)
    sc.tl.leiden(adata, flavor="igraph", n_iterations=2)
    sc.tl.dendrogram(adata, "leiden")
    sc.tl.rank_genes_groups(adata, "leiden", method="t-test_overestim_var")
    sq.gr.spatial_neighbors_knn(adata, n_neighs=4)
    adata.obs["scrcl_5"] = pd.Categorical(["mine"] * 60 + ["too"] * 60)
    adata.uns["leiden_colors"] = ["#123456"] * adata.obs["leiden"].nunique()
    adata.raw = adata.copy()
    before, after = tmp_path / "before.h5ad", tmp_path / "after.h5ad"
    adata.write_h5ad(before)
    few = ["--max-epochs", "2", "--quiet"]
    for command in (
        ["run", before, "--output", after, "--layer", "counts", "--n-clusters", "3", *few],
        ["cluster", after, "--n-clusters", "4,2", "--quiet"],
    ):
        assert main([str(word) for word in command]) == 0
    old, new = anndata.read_h5ad(before), anndata.read_h5ad(after)
    for slot in ("obs", "var", "obsm", "varm", "obsp", "varp", "layers", "uns"):
        for key in getattr(old, slot):
            one, other = getattr(old, slot)[key], getattr(new, slot)[key]
            if isinstance(one, pd.Series):
                pd.testing.assert_series_equal(one, other)
            else:
                assert_equal(one, other, exact=True)
    assert_equal(old.X, new.X, exact=True)
    assert_equal(old.raw.X, new.raw.X, exact=True)
    assert sorted(set(new.obs) - set(old.obs)) == ["scrcl", "scrcl_2", "scrcl_4"]
    assert len(new.uns["scrcl_colors"]) == 4
    sc.tl.umap(new, neighbors_key="scrcl", key_added="X_scrcl_umap")
    sc.pl.embedding(new, "scrcl_umap", color="scrcl", show=False)
    plt.close("all")


def test_key_added_leaves_the_usual_keys_alone(result):
    before = result.obsp["scrcl_expression_connectivities"].copy()
    sg.pp.neighbors(result, n_neighbors=3, key_added="few")
    sg.tl.cluster(result, 3, method="kmeans", use_rep="X_scrcl_pca", key_added="mine")
    assert result.uns["few"]["connectivities_key"] == "few_connectivities"
    assert (result.obsp["scrcl_expression_connectivities"] != before).nnz == 0
    assert result.obs["scrcl"].nunique() == 4
    assert result.obs["mine"].nunique() == 3
