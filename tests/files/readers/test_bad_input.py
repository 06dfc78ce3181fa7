"""What cannot be read gets one line that says what was found; units that look wrong get a warning."""

import gzip
import logging
import shutil

import h5py
import numpy as np
import pytest
from readers import make

import scrcl_geo as sg
from scrcl_geo._files.readers import _units, detect
from scrcl_geo._validate import ScrclInputError


def refused(path, *words):
    with pytest.raises(ScrclInputError) as error:
        sg.read(path)
    message = str(error.value)
    assert len(message.splitlines()) == 1
    for word in words:
        assert word in message
    return message


@pytest.fixture(scope="module")
def cells():
    return make.cells()


def test_nothing_there(tmp_path):
    refused(tmp_path / "nothing", "no such file")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "an empty file"),
        (b"just a line of text\n", "text without a table"),
        (bytes(range(128, 256)), "neither HDF5 nor text"),
        (b"\x1f\x8bnot really packed", "neither HDF5 nor text"),
        (b"cell,a,b\nx,1,2\ny,1,oops\n", "oops"),
    ],
)
def test_wrong_files(tmp_path, content, words):
    (tmp_path / "x.csv").write_bytes(content)
    refused(tmp_path / "x.csv", words)


def test_unknown_folders_list_what_they_hold(tmp_path):
    (tmp_path / "holiday.jpg").touch()
    refused(tmp_path, "'holiday.jpg'", "Xenium folder")


def test_unknown_hdf5_and_loom(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["something"] = [1]
    refused(tmp_path / "x.h5", "'something'")
    with h5py.File(tmp_path / "x.loom", "w") as file:
        file["matrix"], file["row_attrs/a"], file["col_attrs/a"] = [[1]], [1], [1]
    refused(tmp_path / "x.loom", "read_loom")


@pytest.mark.parametrize("kind", ["h5ad", "tenx", "mtx", "visium", "hd", "xenium", "zarr", "spatialdata"])
def test_damaged_data(cells, tmp_path, kind):
    """One necessary part is cut or missing in each format."""
    path = tmp_path / "x"
    if kind == "h5ad":
        cells.write_h5ad(path)
        path.write_bytes(path.read_bytes()[:3000])
    elif kind == "tenx":
        make.tenx_h5(cells, path)
        with h5py.File(path, "a") as file:
            del file["matrix/barcodes"]
    elif kind == "mtx":
        make.mtx(cells, path)
        cut = (path / "matrix.mtx.gz").read_bytes()[:200]
        (path / "matrix.mtx.gz").write_bytes(cut)
    elif kind == "visium":
        make.visium(cells, path)
        (path / "filtered_feature_bc_matrix.h5").unlink()
    elif kind == "hd":
        make.visium_hd(cells, path, bins=("008",))
        (path / "binned_outputs/square_008um/spatial/tissue_positions.parquet").write_bytes(b"PAR1")
    elif kind == "xenium":
        make.xenium(cells, path)
        (path / "cells.parquet").unlink()
    elif kind == "zarr":
        cells.write_zarr(path)
        shutil.rmtree(path / "X")
        (path / "zarr.json").unlink(missing_ok=True)
        (path / ".zgroup").touch()
        (path / ".zattrs").write_text("{broken")
    else:
        make.spatialdata(cells, path)
        shutil.rmtree(path / "tables")
    refused(path)


def test_barcodes_without_a_position_are_counted(cells, tmp_path):
    make.visium(cells, tmp_path, images=False)
    positions = make.positions(cells).iloc[5:]
    positions.to_csv(tmp_path / "spatial/tissue_positions.csv", index=False)
    refused(tmp_path, "5 of 60 cells without one")


def test_two_matrices_in_one_folder(cells, tmp_path):
    make.mtx(cells, tmp_path, prefix="a_")
    make.mtx(cells, tmp_path, prefix="b_")
    refused(tmp_path, "several matrices", "'a_matrix.mtx.gz', 'b_matrix.mtx.gz'")


def test_options_are_checked(cells, tmp_path):
    cells.write_h5ad(tmp_path / "x.h5ad")
    with pytest.raises(ScrclInputError, match="units is not known: found 'miles'"):
        sg.read(tmp_path / "x.h5ad", units="miles")
    with pytest.raises(ScrclInputError, match=r"does not fit: found AnnData \.h5ad"):
        sg.read(tmp_path / "x.h5ad", table="x")


def warned(caplog, path, **options):
    caplog.clear()
    with caplog.at_level(logging.WARNING, logger="scrcl_geo"):
        sg.read(path, **options)
    return "looks like" in caplog.text


def test_units_that_do_not_fit_the_distances_are_doubted(tmp_path, caplog):
    make.cells(0.2).write_h5ad(tmp_path / "far.h5ad")
    assert warned(caplog, tmp_path / "far.h5ad", units="microns")
    assert not warned(caplog, tmp_path / "far.h5ad", units="pixels")
    assert not warned(caplog, tmp_path / "far.h5ad")  # nothing is stated, nothing is doubted
    make.xenium(make.cells(2000), tmp_path / "xenium")
    assert warned(caplog, tmp_path / "xenium")
    exact = make.cells(100)
    exact.obsm["spatial"] = np.round(exact.obsm["spatial"] / 100) * 100
    make.visium(exact, tmp_path / "visium", diameter=96.0)  # should be 148 pixels apart and are 100
    assert warned(caplog, tmp_path / "visium")
    assert not warned(caplog, make.visium(make.cells(make.SPOT), tmp_path / "right", diameter=96.0))


def test_spacing_and_scale():
    assert _units.spacing(np.zeros((5, 2))) is None
    assert _units.spacing(np.array([[0.0, 0], [3, 0], [6, 0]])) == 3
    bins = {"bin_size_um": 8.0, "microns_per_pixel": 0.27}
    assert _units.looks_like_the_other(8.0, "pixels", bins) == "microns"
    assert _units.looks_like_the_other(8.0 / 0.27, "pixels", bins) is None
    assert _units.looks_like_the_other(8.0, "pixels", {**bins, "microns_per_pixel": 1.0}) is None


def test_text_that_is_packed_is_told_from_its_content(tmp_path):
    (tmp_path / "x").write_bytes(gzip.compress(b"%%MatrixMarket matrix\n"))
    assert detect(tmp_path / "x")[0] == ".mtx folder"
