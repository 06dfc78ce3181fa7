"""A file must not bring along what lies in others."""

import h5py
import numpy as np
import pytest

import scrcl_geo as sg
from scrcl_geo.cli import main


@pytest.fixture
def cells(tmp_path):
    path = tmp_path / "cells.h5ad"
    sg.datasets.toy(n_slides=1, n_cells=60).write_h5ad(path)
    return path


def external_link(file, secret):
    file["uns/notes"] = h5py.ExternalLink(str(secret), "/secret")


def external_storage(file, secret):
    file["obsm"].create_dataset("X_notes", (60, 1), "u1", external=[(str(secret), 0, 60)])


def virtual(file, secret):
    layout = h5py.VirtualLayout((60, 1), "u1")
    layout[:] = h5py.VirtualSource(str(secret), "secret", (60, 1))
    file["obsm"].create_virtual_dataset("X_notes", layout)


@pytest.mark.parametrize("plant", [external_link, external_storage, virtual])
def test_links_into_other_files_are_refused(cells, tmp_path, plant, capsys):
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["secret"] = np.ones((60, 1), "u1")
    with h5py.File(cells, "r+") as file:
        plant(file, secret)
    with pytest.raises(ValueError, match=r"cells.h5ad points into other files: found '.* in .*secret.h5'"):
        sg.read(cells)
    output = tmp_path / "out.h5ad"
    assert main(["run", str(cells), "--output", str(output), "--quiet"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not output.exists()


def test_links_within_the_file_are_followed(cells):
    with h5py.File(cells, "r+") as file:
        file["obsm/X_same"] = h5py.SoftLink("/obsm/spatial")
    assert "X_same" in sg.read(cells).obsm
