"""Outputs: what must not be replaced is refused before any work, and finished work is written first."""

import os
import shutil
import subprocess
import sys

import h5py
import pytest

import scrcl_geo as sg
from scrcl_geo.cli import main
from scrcl_geo.model import ScRCL


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    path = tmp_path_factory.mktemp("cells") / "cells.h5ad"
    sg.datasets.toy(n_slides=1, n_cells=120).write_h5ad(path)
    return path


def run(cells, output, *extra):
    return main(["run", str(cells), "--output", str(output), "--max-epochs", "2", "--quiet", *extra])


@pytest.fixture
def untrained(monkeypatch):
    """Training fails the test: what is refused must be refused before."""
    monkeypatch.setattr(ScRCL, "fit", lambda *_, **__: pytest.fail("trained"))


def test_a_link_is_followed_and_stays(cells, tmp_path):
    target = tmp_path / "there.h5ad"
    target.write_bytes(b"earlier")
    link = tmp_path / "link.h5ad"
    link.symlink_to(target)
    assert run(cells, link, "--n-clusters", "3") == 0
    assert link.is_symlink()
    assert target.stat().st_size > 1000
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.h5ad", "there.h5ad"]


def test_the_output_is_compressed(cells, tmp_path):
    output = tmp_path / "out.h5ad"
    assert run(cells, output, "--n-clusters", "3") == 0
    with h5py.File(output) as file:
        assert file["X/data"].compression == "gzip"
        assert file["obsm/X_scrcl"].compression == "gzip"


def test_other_files_beside_the_output_stay(cells, tmp_path):
    kept = [
        ".out.h5ad.my_counterpart",
        ".out.h5ad.b.h5ad.abcd1234.scrcl.part",
        ".out.h5ad.part",
        "out.h5ad.lock",
    ]
    for name in kept:
        (tmp_path / name).write_text("mine")
    ours = tmp_path / ".out.h5ad.abcd1234.scrcl.part"
    ours.write_text("left by a killed run")
    output = tmp_path / "out.h5ad"
    assert run(cells, output, "--n-clusters", "3") == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*kept, "out.h5ad"])


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize("kind", ["fifo", "folder", "long name", "no folder", "loop"])
def test_an_output_that_cannot_be_is_refused_before_work(cells, tmp_path, capsys, kind):
    output = tmp_path / "out.h5ad"
    if kind == "fifo":
        os.mkfifo(output)
    elif kind == "folder":
        output.mkdir()
    elif kind == "long name":
        output = tmp_path / f"{'x' * 236}.h5ad"
    elif kind == "no folder":
        output = tmp_path / "nowhere" / "out.h5ad"
    else:
        output.symlink_to(output)
    before = sorted(tmp_path.iterdir())
    assert main(["run", str(cells), "--output", str(output), "--quiet"]) == 2
    assert capsys.readouterr().err.startswith("scrcl-geo: cannot write")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.usefixtures("untrained")
def test_a_path_that_leads_to_itself_is_one_line(cells, tmp_path, capsys):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    run = ["run", str(cells), "--output", str(tmp_path / "out.h5ad"), "--quiet"]
    assert main([*run, "--save-model", str(loop)]) == 2
    assert capsys.readouterr().err.startswith(f"scrcl-geo: cannot write {loop}: found ")
    assert main(["report", str(loop), "--html", str(tmp_path / "page.html"), "--quiet"]) == 2
    compare = ["--condition", "a", "--sample", "b", "--csv", str(tmp_path / "table.csv"), "--quiet"]
    assert main(["compare", str(loop), *compare]) == 2
    said = capsys.readouterr().err.splitlines()
    assert [line.startswith("scrcl-geo: ") for line in said] == [True, True]


def test_a_closed_error_stream_ends_no_run(cells, tmp_path):
    command = (
        f"{sys.executable} -m scrcl_geo run {cells} --output out.h5ad --n-clusters 3 --max-epochs 2 2>&-"
    )
    assert subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.h5ad"]


@pytest.mark.usefixtures("untrained")
def test_an_ending_that_is_not_written_is_refused(cells, tmp_path, capsys):
    assert main(["run", str(cells), "--output", str(tmp_path / "out.loom"), "--quiet"]) == 2
    assert "out.loom: found the ending '.loom'; name it .h5ad or .zarr" in capsys.readouterr().err


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--seed", "-1"], "seed is out of range: found -1"),
        (
            ["--seed", str(2**32)],
            "seed is out of range: found 4294967296; choose a number from 0 to 100000000",
        ),
        (["--batch-size", "1"], "batch_size"),
        (["--save-model", "/proc/model"], "cannot write /proc/model"),
        (["--values", "log", "--layer", "none"], "layers['none'] is missing"),
    ],
)
def test_options_that_cannot_be_are_refused_before_work(cells, tmp_path, capsys, option, message):
    assert main(["run", str(cells), "--output", str(tmp_path / "out.h5ad"), "--quiet", *option]) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("seed", [-1, 2**32])
@pytest.mark.parametrize(
    "command", [["cluster", "--estimate"], ["compare", "--condition", "a", "--sample", "b"]]
)
def test_a_seed_that_cannot_be_is_one_line_for_all_commands(cells, capsys, command, seed):
    assert main([command[0], str(cells), *command[1:], "--seed", str(seed)]) == 2
    assert capsys.readouterr().err.startswith(
        f"scrcl-geo: seed is out of range: found {seed}; choose a number"
    )


def test_large_seeds_work_in_tissue(cells, tmp_path):
    output = tmp_path / "out.h5ad"
    assert run(cells, output, "--seed", "100000000") == 0


def test_the_output_is_there_when_the_model_cannot_be_saved(cells, tmp_path, capsys, monkeypatch):
    output, folder = tmp_path / "out.h5ad", tmp_path / "model"
    save = ScRCL.save

    def full(model, path):
        folder.write_text("came in between")
        save(model, path)

    monkeypatch.setattr(ScRCL, "save", full)
    assert run(cells, output, "--n-clusters", "3", "--save-model", str(folder)) == 2
    assert "cannot write" in capsys.readouterr().err
    assert output.stat().st_size > 1000


def test_two_runs_with_other_temporary_folders_share_a_lock(cells, tmp_path):
    from scrcl_geo._files.lock import output_lock

    output = tmp_path / "out.h5ad"
    command = [shutil.which("scrcl-geo") or "scrcl-geo", "run", str(cells), "--output", str(output)]
    if shutil.which("scrcl-geo") is None:
        command = [sys.executable, "-m", "scrcl_geo.cli", *command[1:]]
    elsewhere = tmp_path / "temporary"
    elsewhere.mkdir()
    with output_lock(output):
        done = subprocess.run(
            command, env=os.environ | {"TMPDIR": str(elsewhere)}, capture_output=True, text=True, check=False
        )
    assert done.returncode == 2
    assert "another run writes" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["temporary"]


def test_any_error_is_one_line(cells, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(ScRCL, "fit", lambda *_, **__: 1 / 0)
    assert main(["run", str(cells), "--output", str(tmp_path / "out.h5ad"), "--quiet"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "ZeroDivisionError" in error
    assert not list(tmp_path.iterdir())
