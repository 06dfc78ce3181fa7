"""Files made to harm: they neither run code nor take all memory, and are refused with one line."""

import json
import os
import pickle
import re

import h5py
import numpy as np
import pytest
from readers import make
from safetensors.numpy import load_file, save_file

import scrcl_geo as sg
from scrcl_geo._files import checksums
from scrcl_geo._files.atomic import write_h5ad
from scrcl_geo.cli import main

RAN = []


class Harmful:
    def __reduce__(self):
        return RAN.append, (1,)


@pytest.fixture
def model(adata, tmp_path):
    """Folder of a saved model."""
    sg.ScRCL(max_epochs=1).fit(adata, progress=False).save(tmp_path / "model")
    return tmp_path / "model"


def change(model, way, value):
    """Another setting, with checksums made anew as a forger would."""
    stored = json.loads((model / "config.json").read_text())
    place = stored
    for name in way[:-1]:
        place = place[name]
    place[way[-1]] = value
    (model / "config.json").write_text(json.dumps(stored))
    checksums.write(model)


def refused(folder, message):
    with pytest.raises(sg._validate.ScrclInputError, match=message) as error:
        sg.ScRCL.load(folder)
    assert len(str(error.value).splitlines()) == 1


def run(path, capsys):
    """The one line with which the command line refuses a file, and that nothing was written."""
    output = path.with_name("out.h5ad")
    assert main(["run", str(path), "--output", str(output), "--n-clusters", "2"]) == 2
    message = capsys.readouterr().err.strip()
    assert len(message.splitlines()) == 1
    assert not output.exists()
    return message


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        (("sizes", "width"), 10**6),  # 4 TB
        (("config", "out_channels"), 10**12),
        (("config", "hidden_channels"), "wide"),
        (("sizes", "in_channels"), 10**9),
        (("config", "n_hops"), [10**9, 10**9]),
        (("config", "n_hops"), [-1, 1]),
        (("reading", "n_hops"), [10**9, 10**9]),
        (("reading", "scale"), "wide"),
        (("edges",), "cell"),
    ],
)
def test_settings_that_do_not_fit_the_weights(model, entry, value):
    change(model, entry, value)
    refused(model, r"cannot load the model|(config\.json\[.*|statistics\.safetensors) cannot be used")


def test_the_network_is_not_built_before_its_weights_were_compared(model):
    change(model, ("sizes", "width"), 10**6)
    refused(model, "found weights of another network .*encoder")


@pytest.mark.parametrize("name", ["weights", "statistics"])
def test_pickles_do_not_run(model, name):
    (model / f"{name}.safetensors").write_bytes(pickle.dumps(Harmful()))
    refused(model, rf"is damaged: found {name}\.safetensors with other bytes than were written")
    checksums.write(model)
    refused(model, "cannot load the model")
    assert not RAN


def test_a_model_larger_than_memory(model, monkeypatch):
    monkeypatch.setattr("scrcl_geo.model._saving.machine_bytes", lambda: 1000)
    refused(model, "more bytes than memory")


def test_a_small_file_that_unpacks_to_more_than_memory(tmp_path, capsys):
    path = tmp_path / "bomb.h5ad"
    sg.datasets.toy(n_slides=1, n_cells=40, n_genes=50).write_h5ad(path)
    with h5py.File(path, "r+") as file:
        file["obsm"].create_dataset("wide", (40, 10**12), np.float32, chunks=(40, 1000), compression="gzip")
    assert path.stat().st_size < 1_000_000
    assert "arrays of more than the" in run(path, capsys)
    assert [p.name for p in tmp_path.iterdir()] == ["bomb.h5ad"]


def test_code_in_a_file_does_not_run(tmp_path, capsys):
    path = tmp_path / "code.h5ad"
    sg.datasets.toy(n_slides=1, n_cells=40, n_genes=50).write_h5ad(path)
    with h5py.File(path, "r+") as file:
        entry = file["uns"].create_dataset("payload", data=np.void(pickle.dumps(Harmful())))
        entry.attrs["encoding-type"], entry.attrs["encoding-version"] = "pickle", "0.1.0"
    assert "cannot read" in run(path, capsys)
    assert not RAN


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("X/indices", 10**6, "X is no valid sparse matrix"),
        ("X/indices", -1, "X is no valid sparse matrix"),
        ("X/indptr", 10**6, "cannot read|X is no valid sparse matrix"),
        ("X/data", 1e300, "X holds values out of range"),
        ("obs/_index", b"a\0b", "null character|cannot read"),
    ],
)
def test_damage_that_still_reads(tmp_path, capsys, place, value, words):
    path = tmp_path / "x.h5ad"
    adata = sg.datasets.toy(n_slides=1, n_cells=40, n_genes=50)
    adata.X = adata.X.astype(np.float64)
    adata.write_h5ad(path)
    with h5py.File(path, "r+") as file:
        array = file[place][:]
        array[3] = value
        kind = file[place].attrs.items()
        kept = dict(kind)
        del file[place]
        if array.dtype == object:
            array = array.astype("S30")
        file[place] = array
        file[place].attrs.update(kept)
    assert re.search(words, run(path, capsys))


def test_what_no_file_can_hold_is_told(tmp_path):
    adata = sg.datasets.toy(n_slides=1, n_cells=40, n_genes=50)
    adata.uns["thing"] = object()
    with pytest.raises(sg._validate.ScrclInputError, match=r"cannot write .*remove or rename that entry"):
        write_h5ad(adata, tmp_path / "x.h5ad")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name", ["config.json", "weights.safetensors", "statistics.safetensors", "SHA256SUMS"]
)
def test_a_flipped_bit_is_refused(model, name):
    code = bytearray((model / name).read_bytes())
    code[len(code) // 2] ^= 1
    (model / name).write_bytes(bytes(code))
    refused(model, "is damaged|no model in")


def test_weights_that_are_not_finite_are_refused(model):
    weights = load_file(model / "weights.safetensors")
    next(iter(weights.values()))[:] = np.nan
    save_file(weights, model / "weights.safetensors")
    checksums.write(model)
    refused(model, "found values that are not finite")


@pytest.mark.parametrize("name", ["config.json", "weights.safetensors", "SHA256SUMS"])
def test_a_pipe_is_not_waited_for(model, name):
    (model / name).unlink()
    os.mkfifo(model / name)
    refused(model, "no config.json|no file weights.safetensors|no SHA256SUMS")


def test_an_mtx_that_lies(tmp_path, capsys):
    folder = make.mtx(make.cells(), tmp_path / "mtx", packed=False)
    path = folder / "matrix.mtx"
    kind, _, body = path.read_text().split("\n", 2)
    for stated, words in (
        ("2000000000 2000000000 10", "matrix.mtx states 2,000,000,000 genes: found 40"),
        ("40 60 99999999", "cannot hold what it states: found 99,999,999 values"),
        ("40 60 x", "states no sizes"),
    ):
        rows = body.split("\n")[-900:]
        path.write_text("\n".join([kind, stated, *rows]))
        assert words in run(folder, capsys)


@pytest.mark.parametrize("suffix", ["zarr", "h5ad"])
def test_arrays_beside_x_that_no_memory_holds(tmp_path, capsys, suffix):
    path = tmp_path / f"large.{suffix}"
    adata = make.cells()
    adata.raw = adata.copy()
    if suffix == "h5ad":
        adata.write_h5ad(path)
        with h5py.File(path, "r+") as file:
            del file["raw/X"]
            file["raw"].create_dataset("X", (60, 10**11), np.float32, chunks=True)
    else:
        adata.layers["wide"] = adata.X.toarray()
        adata.write_zarr(path)
        at = path / "layers" / "wide" / ("zarr.json" if (path / "zarr.json").exists() else ".zarray")
        stored = json.loads(at.read_text())
        at.write_text(json.dumps(stored | {"shape": [10**12, 40]}))
        (path / ".zmetadata").unlink(missing_ok=True)  # copies of what stands in the folders
        root = json.loads((path / at.name).read_text()) if at.name == "zarr.json" else {}
        if root.pop("consolidated_metadata", None):
            (path / at.name).write_text(json.dumps(root))
    assert "arrays of more than the" in run(path, capsys)


def test_a_table_on_its_side_is_told(tmp_path, capsys):
    adata = make.cells()
    adata.var_names = ["ACTB", "GAPDH", *adata.var_names[2:]]
    path = tmp_path / "sideways.csv"
    adata.to_df().T.to_csv(path)
    assert "the table has a row for each gene" in run(path, capsys)


def test_cells_that_are_all_alike_are_refused(tmp_path, capsys):
    path = tmp_path / "alike.h5ad"
    adata = make.cells()
    adata.X = np.repeat(adata.X.toarray()[:1], 60, axis=0)
    adata.write_h5ad(path)
    assert "there is nothing to tell apart: found 60 cells" in run(path, capsys)
