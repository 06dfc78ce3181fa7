"""The number of clusters of an AnnData: written, used by the clusterer, bounded in tissue."""

import anndata as ad
import numpy as np
import pytest

import scrcl_geo as sg
from scrcl_geo._neighbors.smoothing import samples_averaged, smooth


@pytest.fixture(scope="module")
def cells():
    """Counts of five kinds of cells, each with markers of its own."""
    rng = np.random.default_rng(0)
    kind = np.repeat(np.arange(5), 60)
    rate = rng.gamma(2.0, 1.0, 100) * np.where(np.arange(100) // 20 == kind[:, None], 4.0, 1.0)
    adata = ad.AnnData(rng.poisson(rate).astype(np.float32))
    sg.pp.graph(adata)
    sg.tl.embed(adata, progress=False)
    return adata


def test_planted_number_without_labels(cells):
    adata = cells.copy()
    adata.obs = adata.obs[[]]
    assert sg.tl.estimate_clusters(adata) == 5
    found = adata.uns["scrcl_n_clusters"]
    assert found["n_clusters"] == 5
    assert found["table"]["n_clusters"].tolist() == list(range(3, 18))


def test_cluster_without_a_number_is_cluster_with_the_estimate(cells):
    estimated, known = cells.copy(), cells.copy()
    sg.tl.cluster(estimated)
    sg.tl.cluster(known, estimated.uns["scrcl_n_clusters"]["n_clusters"])
    assert estimated.obs["scrcl"].equals(known.obs["scrcl"])
    assert "scrcl_n_clusters" not in known.uns


def test_leiden_keeps_its_resolution(cells):
    adata = cells.copy()
    sg.tl.cluster(adata, method="leiden", resolution=0.05)
    coarse = adata.obs["scrcl"].nunique()
    sg.tl.cluster(adata, method="leiden", resolution=4.0)
    assert coarse < adata.obs["scrcl"].nunique()
    assert "scrcl_n_clusters" not in adata.uns


def test_tissue_has_at_most_as_many_domains_as_its_independent_samples_bear(adata):
    sg.tl.embed(adata, max_epochs=2, progress=False)
    sg.tl.estimate_clusters(adata)
    table = adata.uns["scrcl_n_clusters"]["table"]
    together = samples_averaged(adata.obsp["scrcl_spatial_connectivities"], 8)
    assert table["n_clusters"].max() == max(3, round(np.sqrt(adata.n_obs / together)))
    sg.tl.estimate_clusters(adata, max_clusters=7)
    assert adata.uns["scrcl_n_clusters"]["table"]["n_clusters"].max() == 7


def test_samples_averaged_is_the_effective_size_of_the_weights(adata):
    adjacency = adata.obsp["scrcl_spatial_connectivities"]
    operator = smooth(np.eye(adata.n_obs, dtype=np.float32), adjacency, 4)
    exact = adata.n_obs / (operator.astype(float) ** 2).sum()
    assert samples_averaged(adjacency, 4, n_probes=200) == pytest.approx(exact, rel=0.05)
    assert samples_averaged(adjacency, 0) == pytest.approx(1)
