"""Noise is told from structure, whatever its depth and overdispersion."""

import anndata
import numpy as np
import pytest
from scipy import sparse

import scrcl_geo as sg
from scrcl_geo.cli import main


def noise(seed, *, depth=False, overdispersed=False, sparse_counts=False):
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.5, 2.0, (1, 200)) * (0.1 if sparse_counts else 1.0)
    rate = rate * (rng.gamma(2.0, 0.5, (300, 1)) if depth else np.ones((300, 1)))
    if overdispersed:
        rate = rate * rng.gamma(1.0, 1.0, rate.shape)
    return anndata.AnnData(sparse.csr_matrix(rng.poisson(rate).astype(np.float32)))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "kind",
    [{}, {"depth": True}, {"depth": True, "overdispersed": True}, {"depth": True, "sparse_counts": True}],
    ids=["poisson", "depth", "overdispersed", "sparse"],
)
def test_noise_has_none(kind, seed, caplog):
    adata = noise(seed, **kind)
    sg.pp.select_genes(adata)
    assert not sg.pp.structure(adata)
    assert "this looks like noise" in caplog.text


def test_a_rare_planted_type_is_structure():
    adata = noise(0, depth=True)
    counts = adata.X.toarray()
    counts[:15, :20] += np.random.default_rng(1).poisson(4.0, (15, 20))
    adata.X = sparse.csr_matrix(counts)
    sg.pp.select_genes(adata)
    assert sg.pp.structure(adata)


def test_the_number_of_clusters_of_noise_is_one():
    adata = noise(0, depth=True)
    sg.pp.graph(adata)
    sg.tl.embed(adata, max_epochs=3, progress=False)
    sg.tl.cluster(adata)
    assert adata.uns["scrcl_n_clusters"]["n_clusters"] == 1
    assert list(adata.obs["scrcl"].cat.categories) == ["0"]
    table = sg.tl.associations(adata)
    assert (table["pvals"] == 1).all()
    sg.tl.cluster(adata, 3)
    assert adata.obs["scrcl"].nunique() == 3


def test_a_run_on_noise_says_so_and_can_be_reported(tmp_path, capsys):
    noise(0, depth=True).write_h5ad(tmp_path / "in.h5ad")
    output, page = tmp_path / "out.h5ad", tmp_path / "page.html"
    assert main(["run", str(tmp_path / "in.h5ad"), "--output", str(output), "--max-epochs", "2"]) == 0
    assert "1: no structure was found" in capsys.readouterr().out
    assert main(["cluster", str(output), "--estimate"]) == 2
    assert "no structure was found" in capsys.readouterr().err
    assert main(["report", str(output), "--html", str(page)]) == 0
    assert page.stat().st_size > 100_000


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["STARmap_mPFC_BZ9", "osmFISH_SScortex", "Worm_neuron"])
def test_labelled_sets_have_structure(real_data, name):
    adata = anndata.read_h5ad(real_data / f"{name}.h5ad")
    sg.pp.select_genes(adata)
    assert sg.pp.structure(adata)
