"""Runs that are cut off: nothing is lost, nothing is left, and what is resumed ends with the same bits."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time

import anndata as ad
import h5py
import numpy as np
import pytest

import scrcl_geo as sg
from scrcl_geo._files import probe
from scrcl_geo._files.lock import output_lock
from scrcl_geo.cli import main
from scrcl_geo.train import Checkpoint


class Cut(RuntimeError):
    """The end of a process, as far as training can tell."""


@pytest.fixture
def source(tmp_path):
    sg.datasets.toy(n_slides=1, n_cells=120, n_genes=60).write_h5ad(tmp_path / "in.h5ad")
    return tmp_path / "in.h5ad"


def embedding(adata, max_epochs=5, **options):
    sg.tl.embed(adata, progress=False, max_epochs=max_epochs, **options)
    return adata.obsm["X_scrcl"]


@pytest.mark.parametrize("batch_size", ["full", 60])
def test_resumed_training_ends_with_the_same_bits(batch_size, toy_graph, tmp_path, monkeypatch):
    n_batches = 1 if batch_size == "full" else round(toy_graph.n_obs / batch_size)
    model = {"model": sg.ScRCL(batch_size=batch_size), "max_epochs": 5 * n_batches}  # 5 epochs in any case
    expected = embedding(toy_graph.copy(), **model)
    file = tmp_path / "state"
    save, written = Checkpoint.save, []

    def save_thrice(self, state, learning_rate):
        save(self, state, learning_rate)
        written.append(len(state["losses"]))
        if len(written) == 3:
            raise Cut

    monkeypatch.setattr(Checkpoint, "save", save_thrice)
    with pytest.raises(Cut):
        embedding(toy_graph.copy(), checkpoint=Checkpoint(file, every=0), **model)
    assert written == [1, 2, 3]
    monkeypatch.undo()
    resumed = toy_graph.copy()
    np.testing.assert_array_equal(embedding(resumed, checkpoint=Checkpoint(file), **model), expected)
    assert len(resumed.uns["scrcl"]["losses"]) > 3


def test_state_of_another_run_is_not_taken_up(toy_graph, tmp_path, caplog):
    file = tmp_path / "state"
    embedding(toy_graph.copy(), checkpoint=Checkpoint(file, every=0), seed=1)
    expected = embedding(toy_graph.copy())
    np.testing.assert_array_equal(embedding(toy_graph.copy(), checkpoint=Checkpoint(file)), expected)
    assert "is of another input, version or setting; training starts anew" in caplog.text
    file.write_bytes(file.read_bytes()[:100])
    np.testing.assert_array_equal(embedding(toy_graph.copy(), checkpoint=Checkpoint(file)), expected)
    assert "is damaged" in caplog.text


def test_killed_run_is_resumed(source, tmp_path):
    command = [sys.executable, "-m", "scrcl_geo.cli", "run", str(source), "--n-clusters", "3"]
    command += ["--max-epochs", "30"]
    expected, output = tmp_path / "expected.h5ad", tmp_path / "out.h5ad"
    assert main([*command[3:], "--output", str(expected), "--quiet"]) == 0
    arguments = [*command, "--output", str(output), "--resume", "--checkpoint-every", "0"]
    process = subprocess.Popen(arguments, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    checkpoint = tmp_path / ".out.h5ad.checkpoint"
    while not checkpoint.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not output.exists()
    assert main([*arguments[3:], "--quiet"]) == 0
    assert not checkpoint.exists()
    found, wanted = ad.read_h5ad(output), ad.read_h5ad(expected)
    for key in wanted.obsm:
        np.testing.assert_array_equal(found.obsm[key], wanted.obsm[key])
    assert found.obs["scrcl"].equals(wanted.obs["scrcl"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["expected.h5ad", "in.h5ad", "out.h5ad"]


def test_two_runs_on_one_output_are_kept_apart(source, tmp_path, capsys):
    output = tmp_path / "out.h5ad"
    with output_lock(output):
        assert main(["run", str(source), "--output", str(output), "--n-clusters", "3"]) == 2
    assert f"another run writes {output}: found its lock is held" in capsys.readouterr().err
    assert not output.exists()
    with output_lock(output):
        pass  # it was given back


def test_a_full_disk_leaves_the_old_output(source, tmp_path, capsys):
    output = tmp_path / "out.h5ad"
    output.write_text("old")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limit[1]))
    try:
        code = main(
            ["run", str(source), "--output", str(output), "--n-clusters", "3", "--max-epochs", "2", "--quiet"]
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert code == 2
    assert f"cannot write {output}" in capsys.readouterr().err
    assert output.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.h5ad", "out.h5ad"]


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda path: time.sleep(60), "reading it did not end within 1 s"),
        (lambda path: os.kill(os.getpid(), signal.SIGKILL), "reading it crashes the HDF5 library"),
    ],
)
def test_files_that_take_the_library_down_are_refused(damage, found, source, monkeypatch):
    monkeypatch.setattr(probe, "_PATIENCE", 1.0)
    with pytest.raises(ValueError, match=found):
        probe.check(source, damage)
    monkeypatch.setattr(probe, "_READ_IN_FULL", 0)
    monkeypatch.setattr(probe, "_unpacked", damage)
    with pytest.raises(ValueError, match=found):
        probe.check(source, sg.read)


def test_waiting_for_a_core_is_not_taken_for_damage(source, monkeypatch):
    monkeypatch.setattr(probe, "_PATIENCE", 0.2)
    monkeypatch.setattr(probe, "_look", lambda child: (0.0, True))
    probe.check(source, lambda path: time.sleep(1))


def test_a_lock_that_a_fork_leaves_behind_is_not_taken_for_damage(source, tmp_path, monkeypatch):
    """A thread holds it when the first process is forked, and has given it back before the second is."""
    monkeypatch.setattr(probe, "_PATIENCE", 1.0)
    lock = threading.Lock()
    held = threading.Timer(0.2, lock.release)
    lock.acquire()
    held.start()

    def read(path):
        with lock:
            (tmp_path / "read").touch()

    probe.check(source, read)
    held.join()
    assert (tmp_path / "read").exists()


def test_whole_files_and_other_formats_pass(source, tmp_path, monkeypatch):
    probe.check(source, sg.read)
    monkeypatch.setattr(probe, "_READ_IN_FULL", 0)
    probe.check(source, sg.read)
    (tmp_path / "table.csv").write_text("a,b")
    probe.check(tmp_path / "table.csv", lambda path: time.sleep(60))
    probe.check(tmp_path / "none.h5ad", sg.read)


def test_the_walk_reads_every_item(tmp_path):
    with h5py.File(tmp_path / "plain.h5", "w") as file:
        file["a"], file["b"], file["X"] = [1, 2], [3], [4]
        file["b"].attrs["kind"] = "last"
    read = []

    class Noting(h5py.AttributeManager):
        def __getitem__(self, key):
            read.append(key)
            return super().__getitem__(key)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(h5py.Dataset, "attrs", property(Noting))
        assert probe._unpacked(tmp_path / "plain.h5") == 4 * 8
        patch.setattr(probe, "IN_MEMORY", 0)
        assert probe._unpacked(tmp_path / "plain.h5") == 3 * 8  # X stays in the file where it is large
    assert read == ["kind"] * 2


def test_a_matrix_of_more_rows_than_cells_is_one_line(source, tmp_path, capsys):
    with h5py.File(source, "a") as file:
        del file["X"]
        x = file.create_dataset("X", shape=(10**12, 2), chunks=(1000, 2), dtype="f4")
        x.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})
    code = main(["run", str(source), "--output", str(tmp_path / "out.h5ad"), "--n-clusters", "2", "--quiet"])
    message = capsys.readouterr().err
    assert code == 2
    assert "X of shape (1000000000000, 2)" in message
    assert len(message.splitlines()) == 1
    assert not (tmp_path / "out.h5ad").exists()


def test_training_that_is_not_finite_is_tried_again_more_gently(toy_graph, caplog):
    adata = toy_graph.copy()
    model = sg.ScRCL(learning_rate=1e18)
    with pytest.raises(sg.train.TrainingError):
        model.fit(adata, progress=False)
    assert caplog.text.count("trained again with learning_rate") == 2
