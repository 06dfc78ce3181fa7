"""``scrcl-geo run`` with workers of Dask: the same result, and one line where there are none or no more."""

import sys

import anndata
import numpy as np
import pytest
from distributed import Client, LocalCluster

import scrcl_geo as sg
from scrcl_geo._features import rows, workers
from scrcl_geo._files import h5ad
from scrcl_geo.cli import _dask, main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A file whose X stays on disk and is read in a few parts."""
    monkeypatch.setattr(h5ad, "IN_MEMORY", 0)
    monkeypatch.setattr(rows, "_READ_ENTRIES", 60 * 30)
    monkeypatch.setattr(_dask, "_REACHED", 0.5)
    monkeypatch.setattr(_dask, "_STARTED", 0.5)
    sg.datasets.toy(n_slides=1, n_cells=100, n_genes=60).write_h5ad(tmp_path / "in.h5ad")
    return tmp_path


@pytest.fixture(scope="module")
def cluster():
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "dashboard_address": ":0"}
    with LocalCluster(protocol="tcp", **options) as cluster:
        yield cluster


def run(folder, output, *options):
    argv = ["run", str(folder / "in.h5ad"), "--output", str(folder / output), "--quiet"]
    return main([*argv, "--n-clusters", "3", "--max-epochs", "1", *options])


def test_workers_of_our_own_and_named_ones_give_the_same(folder, cluster, monkeypatch):
    monkeypatch.setattr(_dask, "_STARTED", 60)
    assert run(folder, "alone.h5ad") == 0
    assert run(folder, "own.h5ad", "--dask-workers", "1", "--memory", "4") == 0
    assert run(folder, "named.h5ad", "--dask-scheduler", cluster.scheduler_address) == 0
    monkeypatch.undo()
    alone, *others = (anndata.read_h5ad(folder / f"{name}.h5ad") for name in ("alone", "own", "named"))
    for other in others:
        np.testing.assert_array_equal(other.obsm["X_scrcl_pca"], alone.obsm["X_scrcl_pca"])
        np.testing.assert_array_equal(other.obs["scrcl"], alone.obs["scrcl"])
    names = {path.name for path in folder.iterdir() if not path.name.endswith(".lock")}
    assert names == {"in.h5ad", "alone.h5ad", "own.h5ad", "named.h5ad"}


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--dask-workers", "0"], "--dask-workers is too small"),
        (
            ["--dask-workers", "4", "--memory", "1"],
            "too little memory for the Dask workers: found 1 GB for 4",
        ),
        (["--dask-workers", "1", "--dask-scheduler", "tcp://a:1"], "name one of the two"),
        (["--dask-scheduler", "tcp://127.0.0.1:9"], "cannot reach the Dask scheduler tcp://127.0.0.1:9"),
        (["--dask-scheduler", "nonsense"], "cannot reach the Dask scheduler nonsense: found missing port"),
    ],
)
def test_what_cannot_be_had_is_told_before_any_work(folder, capsys, options, line):
    assert run(folder, "out.h5ad", *options) == 2
    told = capsys.readouterr().err
    assert line in told
    assert told.count("\n") == 1
    assert not (folder / "out.h5ad").exists()


def test_a_scheduler_without_workers_and_other_versions_are_told(folder, cluster, capsys, monkeypatch):
    with LocalCluster(n_workers=0, processes=False, protocol="tcp", dashboard_address=":0") as empty:
        assert run(folder, "out.h5ad", "--dask-scheduler", empty.scheduler_address) == 2
    assert "the Dask scheduler has no workers: found none within 0.5 s" in capsys.readouterr().err
    get_versions = Client.get_versions

    def other(self, **options):
        found = get_versions(self, **options)
        for told in found["workers"].values():
            told["packages"]["scrcl_geo"] = None
        return found

    monkeypatch.setattr(Client, "get_versions", other)
    assert run(folder, "out.h5ad", "--dask-scheduler", cluster.scheduler_address) == 2
    assert "has other versions: found no scrcl_geo; install scrcl_geo" in capsys.readouterr().err


def test_without_dask_the_option_alone_is_refused(folder, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setattr(_dask.importlib.util, "find_spec", lambda name: None)
    assert run(folder, "out.h5ad", "--dask-workers", "1") == 2
    assert "Dask is missing" in capsys.readouterr().err
    assert run(folder, "out.h5ad") == 0


def test_losing_all_workers_ends_the_run_in_one_line(folder, capsys, monkeypatch):
    monkeypatch.setattr(workers, "_PATIENCE", 0.0)
    monkeypatch.setattr(workers, "_LOOK", 0.2)
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=":0"
    ) as doomed:
        submit = Client.submit

        def last(self, *arguments, **options):
            doomed.scale(0)
            while self.nthreads():
                pass
            return submit(self, *arguments, **options)

        monkeypatch.setattr(Client, "submit", last)
        assert run(folder, "out.h5ad", "--dask-scheduler", doomed.scheduler_address) == 3
    assert "no Dask worker has been there for 0 s; no output was written" in capsys.readouterr().err
    assert not (folder / "out.h5ad").exists()
