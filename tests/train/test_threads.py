"""Threads that sleep while they wait are not woken for steps on few cells."""

import pytest
import torch
from torch import nn

from scrcl_geo.graph import linked, to_hetero
from scrcl_geo.losses import DistributionAlignment, Objective, Term
from scrcl_geo.nn import BipartiteRefinement, GCNEncoder, MLPEncoder, ScRCLModule
from scrcl_geo.train import TrainingError, TrainingSettings, _runtime, fit


class Threads(nn.Module):
    """A loss that notes how many threads there are."""

    def __init__(self, value=1.0):
        super().__init__()
        self.value, self.seen = value, set()

    def forward(self, z1, z2, edges):
        self.seen.add(torch.get_num_threads())
        return self.value * z1.square().sum()


@pytest.fixture
def two_threads():
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(1)


@pytest.fixture
def trained(toy_graph, two_threads):
    def on(loss):
        torch.manual_seed(0)
        batch = linked(to_hetero(toy_graph))
        width = batch["cell"].x.shape[1]
        module = ScRCLModule(MLPEncoder(width, 16), GCNEncoder(width, 16), BipartiteRefinement(16, 8))
        objective = Objective(Term(DistributionAlignment()), Term(loss, on="z"))
        fit(module, objective, [batch], TrainingSettings(max_epochs=2), progress=False)

    return on


@pytest.mark.parametrize(("policy", "threads"), [("PASSIVE", 1), ("passive", 1), ("ACTIVE", 2), ("", 2)])
def test_as_many_as_help(monkeypatch, trained, policy, threads):
    monkeypatch.setenv("OMP_WAIT_POLICY", policy)
    loss = Threads()
    trained(loss)
    assert loss.seen == {threads}
    assert torch.get_num_threads() == 2


def test_steps_on_many_cells_are_shared(monkeypatch, trained):
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    monkeypatch.setattr(_runtime, "_SHORT", 10)
    loss = Threads()
    trained(loss)
    assert loss.seen == {2}


def test_a_training_that_fails_leaves_them_as_they_were(monkeypatch, trained):
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    with pytest.raises(TrainingError):
        trained(Threads(float("nan")))
    assert torch.get_num_threads() == 2
