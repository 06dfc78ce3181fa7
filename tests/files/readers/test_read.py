"""Every format gives the same cells, told from the content."""

import gzip
import logging

import numpy as np
import pytest
from readers import make

import scrcl_geo as sg


@pytest.fixture(scope="module")
def cells():
    return make.cells()


def assert_same_cells(found, cells, *, space=True):
    assert found.shape == cells.shape
    assert list(found.obs_names) == list(cells.obs_names)
    assert found.var_names.is_unique
    x = found.X.toarray() if hasattr(found.X, "toarray") else found.X
    assert np.array_equal(x, cells.X.toarray())
    if space:
        np.testing.assert_allclose(found.obsm["spatial"], cells.obsm["spatial"], atol=1e-6)
        assert found.obsm["spatial"].dtype == np.float64


def test_h5ad_whatever_its_name(cells, tmp_path):
    cells.write_h5ad(tmp_path / "cells.csv")
    assert_same_cells(sg.read(tmp_path / "cells.csv"), cells)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_zarr(cells, tmp_path, zarr_format):
    import anndata

    with anndata.settings.override(zarr_write_format=zarr_format):
        cells.write_zarr(tmp_path / "cells.zarr")
    assert_same_cells(sg.read(tmp_path / "cells.zarr"), cells)


@pytest.mark.parametrize("with_spatial", [True, False])
def test_spatialdata(cells, tmp_path, with_spatial):
    make.spatialdata(cells, tmp_path / "x.zarr", with_spatial=with_spatial)
    assert_same_cells(sg.read(tmp_path / "x.zarr"), cells)


def test_spatialdata_with_several_tables(cells, tmp_path):
    make.spatialdata(cells, tmp_path / "x.zarr", names=("nuclei", "whole"))
    with pytest.raises(ValueError, match=r"not clear: found 'nuclei', 'whole'; name one of them with table="):
        sg.read(tmp_path / "x.zarr")
    assert_same_cells(sg.read(tmp_path / "x.zarr", table="whole"), cells)
    with pytest.raises(ValueError, match="table 'x' is missing"):
        sg.read(tmp_path / "x.zarr", table="x")


def test_tenx_h5_keeps_genes_alone(cells, tmp_path):
    found = sg.read(make.tenx_h5(cells, tmp_path / "anything"))
    assert_same_cells(found, cells, space=False)
    assert found.var_names[-1] == f"{cells.var_names[0]}-1"


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("prefix", ["", "GSM1_"])
def test_mtx(cells, tmp_path, packed, prefix):
    make.mtx(cells, tmp_path / "mtx", packed=packed, prefix=prefix)
    assert_same_cells(sg.read(tmp_path / "mtx"), cells, space=False)


def test_mtx_of_old_cell_ranger_and_by_its_file(cells, tmp_path):
    make.mtx(cells, tmp_path / "mtx", packed=False, legacy=True)
    assert_same_cells(sg.read(tmp_path / "mtx" / "matrix.mtx"), cells, space=False)


@pytest.mark.parametrize("images", [True, False])
@pytest.mark.parametrize("header", [True, False])
def test_visium(tmp_path, images, header):
    cells = make.cells(make.SPOT)
    make.visium(cells, tmp_path / "outs", images=images, header=header)
    found = sg.read(tmp_path)  # the folder above "outs" will do
    assert_same_cells(found, cells)
    assert found.uns["scrcl_units"] == "pixels"
    library = next(iter(found.uns["spatial"].values()))
    assert library["scalefactors"]["spot_diameter_fullres"] == 75
    assert ("images" in library) == images


def test_visium_with_an_mtx_folder(tmp_path):
    cells = make.cells(make.SPOT)
    assert_same_cells(sg.read(make.visium(cells, tmp_path / "x", counts="mtx")), cells)


def test_visium_hd_takes_8_microns_or_what_is_named(tmp_path, caplog):
    cells = make.cells(8 / 0.27)
    make.visium_hd(cells, tmp_path / "outs")
    with caplog.at_level(logging.INFO, logger="scrcl_geo"):
        found = sg.read(tmp_path)
    assert "square_008um" in caplog.text
    assert_same_cells(found, cells)
    assert found.uns["scrcl_units"] == "pixels"
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="scrcl_geo"):
        sg.read(tmp_path / "outs" / "binned_outputs" / "square_016um")
    assert "square_016um" in caplog.text


@pytest.mark.parametrize("table", ["parquet", "csv"])
@pytest.mark.parametrize("counts", ["h5", "mtx"])
def test_xenium(cells, tmp_path, table, counts):
    make.xenium(cells, tmp_path / "run", table=table, counts=counts, as_bytes=table == "parquet")
    found = sg.read(tmp_path / "run")
    assert_same_cells(found, cells)
    assert found.uns["scrcl_units"] == "microns"
    assert (found.obs["cell_area"] == 50).all()


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("packed", [True, False])
def test_tables(cells, tmp_path, separator, packed):
    text = cells.to_df().to_csv(sep=separator).encode()
    (tmp_path / "x.txt").write_bytes(gzip.compress(text) if packed else text)
    assert_same_cells(sg.read(tmp_path / "x.txt"), cells, space=False)


def test_the_command_line_reads_them_too(cells, tmp_path):
    from scrcl_geo.cli import main

    make.xenium(cells, tmp_path / "run")
    output = tmp_path / "out.h5ad"
    arguments = ["run", str(tmp_path / "run"), "--output", str(output), "--n-clusters", "3", "--quiet"]
    arguments += ["--max-epochs", "2"]
    assert main(arguments) == 0
    result = sg.read(output)
    assert result.obs["scrcl"].nunique() == 3
    assert result.uns["scrcl_units"] == "microns"
