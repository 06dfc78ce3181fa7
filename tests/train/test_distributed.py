"""Two processes train as one does, and what a lost one leaves can be gone on from."""

import copy
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
import ranks as helpers
import torch
import torch.multiprocessing as mp

import scrcl_geo as sg
from scrcl_geo import _keys
from scrcl_geo.cli import _ranks
from scrcl_geo.graph import CellBatches, MaskCells
from scrcl_geo.graph._batches import subgraph
from scrcl_geo.model._fitting import settings_of
from scrcl_geo.model._network import NetworkParts, objective_of
from scrcl_geo.model._sharing import share, shares_of
from scrcl_geo.train import HeldOut, Ranks, TrainingSettings
from scrcl_geo.train._distributed import as_many


@pytest.fixture(scope="module")
def data(toy_graph):
    return sg.ScRCL().graph(toy_graph)


def test_a_step_of_two_processes_is_one_of_one(data, tmp_path):
    model = sg.ScRCL()
    sizes = {"in_channels": data["cell"].x.shape[1], "n_genes": int(data["gene"].num_nodes)}
    sizes |= {"relations": ["similar_to", "near"], "hops1": 0, "hops2": 0}
    torch.manual_seed(1)
    module = NetworkParts().build({**model.config, "dropout": 0.0}, sizes)
    objective = objective_of("default")
    halves = [[subgraph(data, torch.arange(200))], [subgraph(data, torch.arange(200, 300))]]
    settings = TrainingSettings(1, 1e-3, masking=MaskCells(), stopping=HeldOut())
    torch.save((module, objective, halves, settings), tmp_path / "parts")
    mp.spawn(helpers.one_step, (str(tmp_path),), nprocs=2)

    results = [torch.load(tmp_path / f"result{rank}") for rank in range(2)]
    assert results[0][2:] == results[1][2:]
    start = copy.deepcopy(module.state_dict())
    expected = helpers.in_one_process(module, objective, halves, settings)
    assert expected.keys() == results[0][0].keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(results[0][0][name], gradient, atol=1e-5, rtol=0)
    assert max(float(gradient.abs().max()) for gradient in expected.values()) > 1e-2
    for name, weights in results[0][1].items():
        assert torch.equal(weights, results[1][1][name])
    moved = max(float((weights - start[name]).abs().max()) for name, weights in results[0][1].items())
    assert moved > 5e-4  # the step was one


def test_draws_differ_between_processes_and_epochs():
    seeds = set()
    for rank in range(3):
        for epoch in range(3):
            Ranks(rank, 3).seed(0, epoch)
            seeds.add(torch.initial_seed())
    assert len(seeds) == 9


@pytest.mark.parametrize("in_space", [True, False])
def test_shares_hold_whole_parts_and_all_cells(data, in_space):
    data = copy.copy(data)
    if not in_space:
        del data[_keys.NEAR]
    parts = torch.arange(300) // 10
    shares = shares_of(data, parts, 3, seed=0)
    assert torch.equal(torch.cat(shares).sort().values, torch.arange(300))
    assert [len(cells) for cells in shares] == [100, 100, 100]
    for part in range(30):
        assert sum(bool((parts[cells] == part).any()) for cells in shares) == 1
    if in_space:
        pos = data["cell"].pos
        along = int((pos.amax(dim=0) - pos.amin(dim=0)).argmax())
        means = [float(pos[cells, along].mean()) for cells in shares]
        assert means == sorted(means)


def test_every_process_takes_equally_many_steps(data):
    batches = CellBatches(data, torch.zeros(300, dtype=torch.long), 100)
    assert len(list(batches)) == 1
    again = list(as_many(batches))
    assert len(again) == len(batches) == 3
    assert again[0] is again[2]


@pytest.mark.parametrize(("n_batches", "epochs"), [(1, 150), (2, 75), (4, 38), (400, 1)])
def test_epochs_of_many_batches_are_fewer(n_batches, epochs):
    settings = settings_of(sg.ScRCL().config, n_batches, None)
    assert (settings.max_epochs, settings.max_steps) == (epochs, 150)


def test_what_cannot_be_shared_is_refused(toy_graph, data):
    with pytest.raises(ValueError, match="cannot be shared: found preset='paper'"):
        sg.ScRCL.paper(3).fit(toy_graph, ranks=Ranks(0, 2))
    with pytest.raises(ValueError, match="cannot be shared: found own batches"):
        sg.ScRCL().fit(data, batches=[data], ranks=Ranks(0, 2))
    with pytest.raises(ValueError, match="too few cells to share: found 300 for 20 processes"):
        share(Ranks(0, 20), data, "full", seed=0)


@pytest.mark.parametrize("both", [True, False])
def test_shares_and_their_batches_hold_the_directions_of_expression_that_the_graph_holds(data, both):
    class Given:
        size = 2

        def give(self, rank, what):
            self.other = what[0]

    whole, ranks = copy.copy(data), Given()
    if not both:
        del whole[_keys.EXPRESSES]
    batches = share(ranks, whole, 50, seed=0)
    assert len(batches) == 3
    for part in (ranks.other, *batches):
        assert (_keys.EXPRESSES in part.edge_types) == both


def test_torchrun_is_told_by_its_environment(monkeypatch):
    for name, value in {"RANK": 1, "WORLD_SIZE": 2, "MASTER_ADDR": "here", "MASTER_PORT": 1}.items():
        assert _ranks.is_first()
        monkeypatch.setenv(name, str(value))
    assert not _ranks.is_first()
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert _ranks.is_first()


def environment(n_threads):
    """That of this process, in which Dask may have stated the threads of each library by itself."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return {**os.environ, **dict.fromkeys(names, str(n_threads))}


@pytest.mark.slow
def test_a_lost_process_ends_the_run_and_resume_goes_on(tmp_path):
    cells, output = tmp_path / "cells.h5ad", tmp_path / "out.h5ad"
    sg.datasets.toy(n_slides=1, n_cells=200).write_h5ad(cells)
    argv = ["run", str(cells), "--output", str(output), "--n-clusters", "3"]
    keeping = ["--nproc", "2", "--checkpoint-every", "0"]
    command = [sys.executable, "-m", "scrcl_geo", *argv, *keeping]
    run = subprocess.Popen(command, env=environment(n_threads=1), stderr=subprocess.PIPE, text=True)
    checkpoint = tmp_path / ".out.h5ad.checkpoint"
    end = time.monotonic() + 120
    while not checkpoint.exists() and time.monotonic() < end:
        time.sleep(0.01)
    other = psutil.Process(run.pid).children()[0]
    other.send_signal(signal.SIGKILL)
    told = run.communicate()[1].splitlines()
    assert run.returncode == 3
    lost = "scrcl-geo: process 1 (by SIGKILL) has ended; no output was written; go on with --resume"
    assert [line for line in told if line.startswith("scrcl-geo:")] == [lost]
    assert not output.exists()
    alone = [sys.executable, "-m", "scrcl_geo", *argv, "--resume"]
    more = environment(n_threads=2)
    told = subprocess.run(alone, env=more, stderr=subprocess.PIPE, text=True, check=True).stderr
    assert "as many threads as it began with: 1" in told
    assert "training goes on after epoch" in told
    assert output.exists()
    assert not checkpoint.exists()


@pytest.mark.slow
def test_torchrun_starts_a_shared_run(tmp_path):
    cells, output = tmp_path / "cells.h5ad", tmp_path / "out.h5ad"
    sg.datasets.toy(n_slides=1, n_cells=200).write_h5ad(cells)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    argv = ["run", str(cells), "--output", str(output), "--n-clusters", "3", "--max-epochs", "2", "--quiet"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([*torchrun, "-m", "scrcl_geo", *argv], env=environment, check=True, capture_output=True)
    assert sg.read(output).obs[_keys.CLUSTERS].nunique() == 3
