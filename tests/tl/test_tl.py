"""Tools: keys and types, planted markers, errors."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import scrcl_geo as sg
from scrcl_geo._associations.scores import cell_associations, cluster_associations, gene_embedding


@pytest.fixture(scope="module")
def embedded():
    adata = sg.datasets.toy()
    sg.pp.graph(adata, batch_key="slide")
    sg.tl.embed(adata, progress=False)
    sg.tl.cluster(adata, 5)
    return adata


def test_embed_documents_itself(embedded):
    results = embedded.uns["scrcl"]
    assert isinstance(results["losses"], pd.DataFrame)
    assert results["losses"].shape[1] == len(results["objective"])
    assert results["seed"] == 0
    assert results["versions"]["scrcl_geo"] == sg.__version__


def test_key_added_and_own_model(adata):
    model = sg.ScRCL(max_epochs=1, hidden_channels=8)
    sg.tl.embed(adata, model=model, key_added="X_mine", progress=False)
    assert adata.obsm["X_mine"].shape[0] == adata.n_obs
    sg.tl.cluster(adata, 3, use_rep="X_mine", key_added="mine", method=sg.cluster.kmeans)
    assert adata.obs["mine"].nunique() == 3


def test_planted_markers_are_found(embedded):
    table = sg.tl.associations(embedded.copy(), n_genes=10)
    marker_of = embedded.var["marker_of"]
    best = []
    for group, names in table.groupby("group")["names"]:
        cells = embedded.obs["scrcl"] == group
        domain = embedded.obs["domain"][cells].mode()[0]
        best.append((marker_of[names] == domain).mean())
    assert np.mean(best) >= 0.9


def test_cluster_association_is_the_mean_over_its_cells():
    rng = np.random.default_rng(0)
    x = sparse.csr_matrix(rng.random((30, 5)))
    z = rng.normal(size=(30, 3)).astype(np.float32)
    labels = np.arange(30) % 3
    genes = gene_embedding(x, z)
    scores = cell_associations(x, z, genes).toarray()
    found = cluster_associations(x, z, labels, 3)
    expected = np.stack([scores[labels == c].mean(axis=0) for c in range(3)], axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_cell_scores_are_on_request_and_on_expressed_entries(embedded):
    adata = embedded.copy()
    sg.tl.associations(adata)
    assert "scrcl_associations" not in adata.layers
    sg.tl.associations(adata, cell_scores=True)
    scores = adata.layers["scrcl_associations"]
    assert scores.shape == adata.shape
    assert scores.nnz == adata.X.nnz


def test_unused_genes_and_missing_groups(embedded):
    adata = embedded.copy()
    adata.var["scrcl_used"] = np.arange(adata.n_vars) < 60
    adata.obs["part"] = adata.obs["domain"].where(np.arange(adata.n_obs) % 2 == 0)
    table = sg.tl.associations(adata, groupby="part")
    assert not adata.varm["scrcl"][60:].any()
    assert len(table) == 5 * 60


def test_errors_name_the_remedy(adata):
    with pytest.raises(ValueError, match=r"obsm\['X_scrcl'\] is missing.*run sg.tl.embed\(adata\) first"):
        sg.tl.cluster(adata, 3)
    with pytest.raises(ValueError, match=r"obs\['scrcl'\] is missing.*run sg.tl.cluster"):
        sg.tl.associations(adata)
    with pytest.raises(ValueError, match="method is not known: found 'x'"):
        sg.tl.cluster(adata, 3, use_rep="X_scrcl_pca", method="x")
    with pytest.raises(ValueError, match="resolution is for Leiden alone: found method='auto'"):
        sg.tl.cluster(adata, use_rep="X_scrcl_pca", resolution=0.5)
    with pytest.raises(ValueError, match=r"obsm\['X_scrcl'\] is missing.*run sg.tl.embed\(adata\) first"):
        sg.tl.estimate_clusters(adata)
    with pytest.raises(ValueError, match="fewer cells than clusters"):
        sg.tl.estimate_clusters(adata, use_rep="X_scrcl_pca", max_clusters=adata.n_obs + 1)


@pytest.mark.parametrize(("follows", "warned"), [(True, True), (False, False)])
def test_clusters_that_follow_the_samples_are_told(adata, caplog, follows, warned):
    sg.pp.graph(adata, batch_key="slide")
    codes = adata.obs["slide"].cat.codes.to_numpy()
    labels = codes if follows else np.arange(adata.n_obs) % 2
    sg.tl.cluster(adata, 2, use_rep="X_scrcl_pca", method=lambda x, n_clusters, seed: labels)
    assert ("clusters follow obs['slide']" in caplog.text) is warned


@pytest.mark.parametrize("odd", [7, "7", {}, np.array("x"), ["#ff0000"]])
def test_colours_that_are_none_are_replaced(odd):
    adata = sg.datasets.toy(n_slides=1, n_cells=60, n_genes=50)
    adata.obsm["X_scrcl"] = np.repeat(np.eye(3, dtype=np.float32), 20, axis=0)
    adata.uns["scrcl_colors"] = odd
    sg.tl.cluster(adata, 3, method="kmeans")
    assert len(adata.uns["scrcl_colors"]) == 3


def named_by_words(embedding, n_clusters, *, seed):
    return np.where(np.arange(len(embedding)) < 5, "few", "many")


def test_an_own_clusterers_labels_are_ordered_by_size(embedded):
    adata = embedded.copy()
    sg.tl.cluster(adata, 2, method=named_by_words)
    assert adata.obs["scrcl"].value_counts().to_dict() == {"0": adata.n_obs - 5, "1": 5}
    assert list(adata.obs["scrcl"].cat.categories) == ["0", "1"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (lambda n: np.full(n, -1), "the clusterer leaves cells out"),
        (lambda n: np.full(n, np.nan), "the clusterer leaves cells out"),
        (lambda n: np.zeros(n - 1, int), "the clusterer's labels do not fit the cells"),
    ],
)
def test_labels_that_are_none_are_refused(embedded, labels, message):
    adata = embedded.copy()
    before = adata.obs.columns.tolist()
    with pytest.raises(ValueError, match=message):
        sg.tl.cluster(adata, 2, method=lambda x, n_clusters, *, seed: labels(len(x)))
    assert adata.obs.columns.tolist() == before
