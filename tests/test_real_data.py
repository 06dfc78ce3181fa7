"""The whole path on real data, through the command line; labels are read by the scorer alone."""

import statistics

import anndata as ad
import pytest
import scanpy as sc

import scrcl_geo as sg
from scrcl_geo.cli import main


def score(source, label, output, n_clusters, seed):
    arguments = ["run", str(source), "--output", str(output), "--n-clusters", str(n_clusters)]
    assert main([*arguments, "--seed", str(seed), "--quiet"]) == 0
    result = ad.read_h5ad(output)
    assert result.obs["scrcl"].nunique() == n_clusters
    return sg.metrics.ari(result.obs[label], result.obs["scrcl"])


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "label", "bound", "n_seeds"),
    [
        ("Worm_neuron", "cell_type", 0.50, 3),
        ("osmFISH_SScortex", "domain", 0.60, 3),
        ("DLPFC_151673", "domain", 0.35, 1),
    ],
)
def test_finds_published_labels(real_data, tmp_path, name, label, bound, n_seeds):
    source = real_data / f"{name}.h5ad"
    k = ad.read_h5ad(source).obs[label].nunique()
    found = [score(source, label, tmp_path / "out.h5ad", k, seed) for seed in range(n_seeds)]
    assert statistics.median(found) >= bound


@pytest.mark.filterwarnings("ignore")
def test_blood_cells_bundled_with_scanpy(tmp_path):
    adata = sc.datasets.pbmc68k_reduced()
    adata.write_h5ad(tmp_path / "pbmc.h5ad")
    assert score(tmp_path / "pbmc.h5ad", "bulk_labels", tmp_path / "out.h5ad", 10, 0) > 0.4
    top = ad.read_h5ad(tmp_path / "out.h5ad").uns["scrcl_associations"].groupby("group").head(5)
    for marker in ("CD79A", "GNLY", "CD3D"):  # B cells, natural killer cells, T cells
        assert marker in set(top["names"])


@pytest.mark.slow
def test_toy_slides(tmp_path):
    sg.datasets.toy().write_h5ad(tmp_path / "toy.h5ad")
    found = [score(tmp_path / "toy.h5ad", "domain", tmp_path / "out.h5ad", 5, seed) for seed in (0, 1, 2)]
    assert statistics.median(found) >= 0.9
