"""Outputs as zarr stores: AnnData, and SpatialData with all that it held."""

import anndata
import numpy as np
import pytest

import scrcl_geo as sg
from scrcl_geo.cli import main


@pytest.fixture
def slide(tmp_path):
    adata = sg.datasets.toy(n_slides=1, n_cells=120)
    adata.write_h5ad(tmp_path / "in.h5ad")
    return adata


def call(*words):
    return main([str(word) for word in (*words, "--quiet")])


def test_every_command_goes_on_from_a_zarr_store(slide, tmp_path):
    output = tmp_path / "out.zarr"
    assert call("run", tmp_path / "in.h5ad", "--output", output, "--n-clusters", 3, "--max-epochs", 2) == 0
    found = anndata.read_zarr(output)
    assert found.obs["scrcl"].nunique() == 3
    np.testing.assert_array_equal(found.X.toarray(), slide.X.toarray())
    assert call("cluster", output, "--n-clusters", "4,2") == 0
    assert anndata.read_zarr(output).obs["scrcl"].nunique() == 4
    assert call("report", output, "--html", tmp_path / "page.html") == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.h5ad", "out.zarr", "page.html"]


@pytest.mark.filterwarnings("ignore")
def test_spatialdata_comes_back_whole(slide, tmp_path):
    import spatialdata as sd

    points = sd.models.ShapesModel.parse(slide.obsm["spatial"], geometry=0, radius=1.0)
    slide.obs["region"], slide.obs["id"] = "cells", np.arange(slide.n_obs)
    slide.obs["region"] = slide.obs["region"].astype("category")
    table = sd.models.TableModel.parse(slide, region="cells", region_key="region", instance_key="id")
    sd.SpatialData(shapes={"cells": points}, tables={"rna": table}).write(tmp_path / "in.zarr")
    output = tmp_path / "out.zarr"
    assert call("run", tmp_path / "in.zarr", "--output", output, "--n-clusters", 3, "--max-epochs", 2) == 0
    assert call("cluster", output, "--n-clusters", 4) == 0
    found = sd.read_zarr(output)
    assert found.tables["rna"].obs["scrcl"].nunique() == 4
    assert found.tables["rna"].uns["spatialdata_attrs"]["region"] == "cells"
    assert found.shapes["cells"].geometry.equals(points.geometry)
    before = sd.read_zarr(tmp_path / "in.zarr")
    assert "scrcl" not in before.tables["rna"].obs


def test_a_folder_that_is_no_store_is_not_replaced(slide, tmp_path, capsys):
    output = tmp_path / "mine.zarr"
    output.mkdir()
    (output / "notes.txt").write_text("mine")
    assert call("run", tmp_path / "in.h5ad", "--output", output) == 2
    assert "a folder with other things in it" in capsys.readouterr().err
    assert [p.name for p in output.iterdir()] == ["notes.txt"]
