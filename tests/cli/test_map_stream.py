"""``map`` of a file that memory does not hold: by blocks, into a copy."""

import shutil
from types import SimpleNamespace

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest

import scrcl_geo as sg
from scrcl_geo._files import streamed
from scrcl_geo._mapping import mapper
from scrcl_geo._mapping.mapper import fair_blocks
from scrcl_geo.cli import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model of dissociated cells, and cells to be mapped, sorted by kind, in two samples."""
    folder = tmp_path_factory.mktemp("stream")
    adata = sg.datasets.toy(n_slides=1, n_cells=600, n_genes=80)
    del adata.obsm["spatial"]
    adata.write_h5ad(folder / "cells.h5ad")
    command = ["run", str(folder / "cells.h5ad"), "--output", str(folder / "out.h5ad"), "--n-clusters", "5"]
    assert main([*command, "--quiet", "--save-model", str(folder / "model")]) == 0
    new = adata[np.argsort(adata.obs["domain"].astype(str), kind="stable"), 10:].copy()
    new.obs["sample"] = pd.Categorical(np.where(np.arange(600) % 3, "a", "b"))
    new.obs["scrcl"] = "an earlier run"
    new.obsm["X_umap"] = np.arange(1200.0).reshape(600, 2)
    new.layers["counts"] = new.X.copy()
    new.uns["kept"] = {"n": 3}
    new.write_h5ad(folder / "new.h5ad")
    return folder


def mapped(folder, path, *extra, source="new.h5ad"):
    command = ["map", str(folder / "model"), str(folder / source), "--output", str(path)]
    assert main([*command, "--quiet", *extra]) == 0
    return ad.read_h5ad(path)


@pytest.mark.parametrize("extra", [(), ("--batch-key", "sample"), ("--layer", "counts")])
def test_a_file_of_one_block_is_mapped_as_in_memory(folder, tmp_path, monkeypatch, extra):
    whole = mapped(folder, tmp_path / "whole.h5ad", *extra)
    monkeypatch.setattr(streamed, "BY_BLOCKS", 0)
    copy = mapped(folder, tmp_path / "copy.h5ad", *extra)
    pd.testing.assert_frame_equal(copy.obs[whole.obs.columns], whole.obs)
    pd.testing.assert_frame_equal(copy.uns["scrcl_map"]["samples"], whole.uns["scrcl_map"]["samples"])
    assert np.array_equal(copy.obsm["X_scrcl"], whole.obsm["X_scrcl"])
    assert copy.uns["scrcl_map"]["missing"].tolist() == whole.uns["scrcl_map"]["missing"].tolist()
    assert copy.uns["kept"] == {"n": 3}
    assert (copy.X != whole.X).nnz == (copy.layers["counts"] != whole.layers["counts"]).nnz == 0
    assert np.array_equal(copy.obsm["X_umap"], whole.obsm["X_umap"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy.h5ad", "whole.h5ad"]


def test_blocks_of_a_sorted_file_are_mapped_alike(folder, tmp_path, monkeypatch):
    whole = mapped(folder, tmp_path / "whole.h5ad").obs
    monkeypatch.setattr(streamed, "BY_BLOCKS", 0)
    monkeypatch.setattr(mapper, "AT_ONCE", 150)
    found = {}
    for run in (10, 150):  # runs from all over the file, and the file as it is sorted
        monkeypatch.setattr(mapper, "_RUN", run)
        found[run] = mapped(folder, tmp_path / "blocks.h5ad").obs
    assert found[10]["scrcl_unknown"].mean() < 0.05
    alike = {run: (obs["scrcl"] == whole["scrcl"]).mean() for run, obs in found.items()}
    assert alike[10] > max(0.93, alike[150])


@pytest.mark.parametrize("n_cells", [1, 9, 10, 155, 600])
def test_every_cell_has_its_turn(n_cells, monkeypatch):
    monkeypatch.setattr(mapper, "AT_ONCE", 150)
    monkeypatch.setattr(mapper, "_RUN", 10)
    blocks = list(fair_blocks(n_cells))
    assert len(blocks) == -(-n_cells // 150)
    assert np.array_equal(np.sort(np.concatenate(blocks)), np.arange(n_cells))
    assert all((np.diff(block) > 0).all() for block in blocks)
    assert max(map(len, blocks)) <= 160


@pytest.mark.parametrize("form", ["dense", "columns", "without slots"])
def test_other_forms_of_files_are_mapped_too(folder, tmp_path, monkeypatch, form):
    adata = ad.read_h5ad(folder / "new.h5ad")
    if form == "dense":
        adata.X = adata.X.toarray()
    elif form == "columns":
        adata.X = adata.X.tocsc()
    adata.write_h5ad(tmp_path / "new.h5ad")
    if form == "without slots":
        with h5py.File(tmp_path / "new.h5ad", "a") as file:
            for name in ("obsm", "varm", "obsp", "varp", "layers", "uns"):
                del file[name]
    monkeypatch.setattr(streamed, "BY_BLOCKS", 0)
    found = mapped(folder, tmp_path / "out.h5ad", source=tmp_path / "new.h5ad")
    assert np.array_equal(found.obs["scrcl"], mapped(folder, tmp_path / "as.h5ad").obs["scrcl"])


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--batch-key", "nothing"], "obs['nothing'] is missing"),
        (["--layer", "nothing"], "layers['nothing'] is missing"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(folder, tmp_path, monkeypatch, capsys, extra, message):
    monkeypatch.setattr(streamed, "BY_BLOCKS", 0)
    command = ["map", str(folder / "model"), str(folder / "new.h5ad"), "--output", str(tmp_path / "o.h5ad")]
    assert main([*command, *extra]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_values_of_another_kind_leave_no_half_copy(folder, tmp_path, monkeypatch, capsys):
    adata = ad.read_h5ad(folder / "new.h5ad")
    adata.X = adata.X * -0.5
    adata.write_h5ad(tmp_path / "scaled.h5ad")
    monkeypatch.setattr(streamed, "BY_BLOCKS", 0)
    command = ["map", str(folder / "model"), str(tmp_path / "scaled.h5ad")]
    assert main([*command, "--output", str(tmp_path / "o.h5ad")]) == 2
    assert "another kind than the model's" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["scaled.h5ad"]


def test_a_full_disk_is_told_before_the_copy(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(streamed, "BY_BLOCKS", 0)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    command = ["map", str(folder / "model"), str(folder / "new.h5ad"), "--output", str(tmp_path / "o.h5ad")]
    assert main(command) == 2
    assert "GB free" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_what_a_run_had_left_is_in_neither_copy(folder, tmp_path, monkeypatch):
    names = tmp_path / "names.csv"
    names.write_text("cluster,name\n" + "".join(f"{c},NA {c}\n" for c in range(5)))
    shutil.copy(folder / "out.h5ad", tmp_path / "named.h5ad")
    assert main(["annotate", str(tmp_path / "named.h5ad"), "--names", str(names), "--quiet"]) == 0
    whole = mapped(folder, tmp_path / "whole.h5ad", source=tmp_path / "named.h5ad")
    monkeypatch.setattr(streamed, "BY_BLOCKS", 0)
    copy = mapped(folder, tmp_path / "copy.h5ad", source=tmp_path / "named.h5ad")
    for found in (whole, copy):
        assert "scrcl_name" not in found.obs
        assert "X_scrcl_refined" not in found.obsm
        assert not {"scrcl", "scrcl_annotation", "scrcl_associations"} & set(found.uns)
        assert {"scrcl", "scrcl_confidence", "domain"} <= set(found.obs)
    assert set(copy.obs) == set(whole.obs)
    assert set(copy.uns) == set(whole.uns)
