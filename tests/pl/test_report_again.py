"""The commands under "Run this again" are those that were given."""

import shlex

import numpy as np
import pytest

import scrcl_geo as sg
from scrcl_geo.cli import main
from scrcl_geo.cli._main import parser
from scrcl_geo.pl._report import _again, _source

pytestmark = pytest.mark.filterwarnings("ignore")  # deprecations inside libraries


def commands(adata, groupby="scrcl"):
    adata.obsm["X_umap"] = np.zeros((adata.n_obs, 2))  # no layout is needed
    return _again.commands(_source.read(adata, groupby, None, 200_000, 0), "my out.h5ad")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The output of a run, its partitions, and the run's arguments."""
    folder = tmp_path_factory.mktemp("again")
    toy = sg.datasets.toy(n_slides=2, n_cells=60, n_genes=60)
    toy.layers["counts"] = toy.X.copy()
    toy.write_h5ad(folder / "slide.h5ad")
    given = ["run", str(folder / "slide.h5ad"), "--output", str(folder / "out.h5ad"), "--quiet"]
    given += [
        "--n-clusters",
        "4",
        "--seed",
        "3",
        "--layer",
        "counts",
        "--batch-key",
        "slide",
        "--spatial",
        "no",
        "--max-epochs",
        "6",
    ]
    assert main(given) == 0
    return folder / "out.h5ad", given


def test_the_run_is_told_as_it_was_given(ran):
    import anndata as ad

    out, given = ran
    (line,) = commands(ad.read_h5ad(out))
    assert line.startswith("scrcl-geo run slide.h5ad --output 'my out.h5ad' --n-clusters 4 ")
    said, asked = (parser().parse_args(words) for words in (shlex.split(line)[1:], given))
    for option in ("n_clusters", "seed", "layer", "batch_key", "spatial", "preset", "max_epochs"):
        assert getattr(said, option) == getattr(asked, option), option


def test_the_command_gives_the_same_clusters(ran, tmp_path, monkeypatch):
    import anndata as ad

    out, _ = ran
    first = ad.read_h5ad(out)
    (line,) = commands(first)
    monkeypatch.chdir(out.parent)
    assert main([*shlex.split(line)[1:], "--quiet"]) == 0
    again = ad.read_h5ad(out.parent / "my out.h5ad")
    assert again.obs["scrcl"].tolist() == first.obs["scrcl"].tolist()
    assert np.array_equal(again.obsm["X_scrcl"], first.obsm["X_scrcl"])


def test_other_numbers_of_clusters_are_a_second_command(ran):
    import anndata as ad

    adata = ad.read_h5ad(ran[0])
    sg.tl.partitions(adata, [5, 3], n_repeats=2, seed=2)
    first, second = commands(adata)
    assert "--n-clusters 5" in first
    assert second == "scrcl-geo cluster 'my out.h5ad' --n-clusters 5,3 --seed 2"


def test_nothing_is_claimed_of_clusters_that_no_run_made(ran):
    import anndata as ad

    adata = ad.read_h5ad(ran[0])
    assert commands(adata, "domain") == []
    del adata.uns["scrcl"]
    assert commands(adata) == []
