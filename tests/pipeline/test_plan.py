"""The plan grows with the data, fits a budget, and is what the run does."""

import logging

import anndata
import numpy as np
import pytest

import scrcl_geo as sg
from scrcl_geo import _pipeline
from scrcl_geo._features.rows import on_disk
from scrcl_geo._files import atomic, h5ad
from scrcl_geo._files.output import write_output
from scrcl_geo._pipeline import row_order
from scrcl_geo._pipeline.plan import Plan
from scrcl_geo._validate import ScrclInputError
from scrcl_geo.graph._batch_size import CELLS, resolve_batch_size


def plan(n_cells, batch_size="auto", **changes):
    fields = {"n_genes": 2000, "n_values": 200 * n_cells, "n_used_values": 200 * n_cells}
    fields |= {"in_space": False, "from_disk": False, **changes}
    size = resolve_batch_size(batch_size, n_cells)
    return Plan(n_cells, **fields, batch_size=size)


def test_cost_grows_with_cells_and_about_linearly():
    small, large = plan(100_000), plan(1_000_000)
    assert small.gigabytes < large.gigabytes < 12 * small.gigabytes
    assert sum(small.seconds.values()) < sum(large.seconds.values()) < 12 * sum(small.seconds.values())
    assert plan(100_000, from_disk=True).gigabytes < small.gigabytes


def test_batches_by_size_and_by_force():
    assert plan(CELLS + CELLS // 3).batch_size == "full"
    assert plan(2 * CELLS).batch_size == CELLS
    assert plan(100_000).batch_size == CELLS
    assert plan(100_000, "full").cells_per_step == 100_000
    assert plan(5000, 512).cells_per_step == 512
    assert plan(5000, 6000).batch_size == "full"
    for wrong in ("some", 1):
        with pytest.raises(ScrclInputError, match="batch_size"):
            resolve_batch_size(wrong, 100)


def test_a_budget_makes_batches_smaller_or_is_refused():
    adata = sg.datasets.toy(n_slides=1, n_cells=3000, n_genes=50)
    free = Plan.of(adata)
    assert free.batch_size == "full"
    less = Plan.of(adata, memory=free.gigabytes - 0.005)
    assert less.cells_per_step < 3000
    assert less.gigabytes <= free.gigabytes - 0.005
    with pytest.raises(ScrclInputError, match=r"the memory budget is too small: found .* GB needed"):
        Plan.of(adata, memory=0.1)


def test_a_run_tells_its_plan_and_what_is_left(caplog):
    adata = sg.datasets.toy(n_slides=1, n_cells=120, n_genes=50)
    with caplog.at_level(logging.INFO, "scrcl_geo"):
        _, seconds = _pipeline.run(adata, _pipeline.Job(3, progress=False, batch_size=60))
    assert "training takes 60 cells at a time" in caplog.text
    for stage in seconds:
        assert f"{stage}: about" in caplog.text


def test_a_large_zarr_stays_on_disk(tmp_path, monkeypatch):
    adata = sg.datasets.toy(n_slides=1, n_cells=150, n_genes=50)
    adata.raw = adata.copy()
    adata.write_zarr(tmp_path / "in.zarr")
    monkeypatch.setattr(h5ad, "IN_MEMORY", 0)
    lazy = sg.read(tmp_path / "in.zarr")
    assert on_disk(lazy.X)
    held = adata.copy()
    monkeypatch.setattr(row_order, "ORDERED_UP_TO", 0)  # what stays on disk is taken as it comes
    for each in (lazy, held):
        _pipeline.run(each, _pipeline.Job(3, progress=False))
    assert on_disk(lazy.X)
    np.testing.assert_array_equal(lazy.obsm["X_scrcl"], held.obsm["X_scrcl"])
    atomic.write_h5ad(lazy, tmp_path / "out.h5ad")
    write_output(lazy, tmp_path / "out.zarr")
    for written in (anndata.read_h5ad(tmp_path / "out.h5ad"), anndata.read_zarr(tmp_path / "out.zarr")):
        assert (written.X != adata.X).nnz == 0
        assert (written.raw.X != adata.raw.X).nnz == 0
        np.testing.assert_array_equal(written.obsm["X_scrcl"], held.obsm["X_scrcl"])


def test_a_large_matrix_stays_on_disk_and_comes_out_whole(tmp_path, monkeypatch):
    adata = sg.datasets.toy(n_slides=1, n_cells=150, n_genes=50)
    adata.raw = adata.copy()
    adata.write_h5ad(tmp_path / "in.h5ad")
    monkeypatch.setattr(h5ad, "IN_MEMORY", 0)
    backed = h5ad.read_h5ad(tmp_path / "in.h5ad")
    assert backed.isbacked
    _pipeline.run(backed, _pipeline.Job(3, progress=False))
    atomic.write_h5ad(backed, tmp_path / "out.h5ad")
    monkeypatch.undo()
    written = h5ad.read_h5ad(tmp_path / "out.h5ad")
    assert (written.X != adata.X).nnz == 0
    assert (written.raw.X != adata.raw.X).nnz == 0
    assert written.obs["scrcl"].nunique() == 3
    assert set(backed.obsm) == set(written.obsm)
    assert written.uns["scrcl"]["stopped"]
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []
