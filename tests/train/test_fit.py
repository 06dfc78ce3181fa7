"""The loop: it learns, stops, names what breaks."""

import pytest
import torch
from torch import nn

from scrcl_geo.graph import to_hetero
from scrcl_geo.losses import DistributionAlignment, Objective, Term, ViewConsistency
from scrcl_geo.nn import BipartiteRefinement, GCNEncoder, MLPEncoder, ScRCLModule
from scrcl_geo.nn.tensors import GraphTensors
from scrcl_geo.train import LossPlateau, TrainingError, fit


class Broken(nn.Module):
    """A loss that is not a number from the second epoch on."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, z1, z2, adj):
        self.calls += 1
        return z1.sum() * (float("nan") if self.calls > 1 else 1.0)


@pytest.fixture
def parts(toy_graph):
    torch.manual_seed(0)
    batch = GraphTensors.from_hetero(to_hetero(toy_graph))
    width = batch.x1.shape[1]
    module = ScRCLModule(MLPEncoder(width, 16), GCNEncoder(width, 16), BipartiteRefinement(16, 8))
    return module, Objective(Term(DistributionAlignment()), Term(ViewConsistency(), on="z")), batch


def test_loss_falls_and_every_term_is_logged(parts):
    module, objective, batch = parts
    log = fit(module, objective, [batch], max_epochs=15, progress=False)
    assert len(log.losses) == 15
    assert sum(log.losses[-1].values()) < sum(log.losses[0].values())
    assert list(log.losses[0]) == objective.names
    assert log.stopped == "all 15 epochs done"
    assert not module.training


def test_batches_are_averaged(parts):
    module, objective, batch = parts
    log = fit(module, objective, [batch, batch], max_epochs=1, learning_rate=1e-12, progress=False)
    once = fit(module, objective, [batch], max_epochs=1, learning_rate=1e-12, progress=False)
    assert sum(log.losses[0].values()) == pytest.approx(sum(once.losses[0].values()), rel=0.05)


def test_stops_on_a_plateau(parts):
    module, objective, batch = parts
    rule = LossPlateau(window=3, tolerance=10.0)
    log = fit(module, objective, [batch], max_epochs=50, stopping=rule, progress=False)
    assert len(log.losses) == 6
    assert log.stopped == "loss plateau after 6 epochs"


def test_names_the_term_that_is_not_finite(parts):
    module, _, batch = parts
    objective = Objective(Term(ViewConsistency(), on="z"), Term(Broken(), name="mine"))
    with pytest.raises(TrainingError, match="loss term mine is nan in epoch 2"):
        fit(module, objective, [batch], max_epochs=5, progress=False)


def test_arguments_are_checked(parts):
    module, objective, batch = parts
    with pytest.raises(ValueError, match="max_epochs is too small: found 0"):
        fit(module, objective, [batch], max_epochs=0)
    with pytest.raises(ValueError, match="learning_rate is not positive"):
        fit(module, objective, [batch], learning_rate=0)
    with pytest.raises(ValueError, match="window is too small"):
        LossPlateau(window=0)


def test_progress_bar_can_be_switched_off(parts, capsys):
    module, objective, batch = parts
    fit(module, objective, [batch], max_epochs=1, progress=False)
    assert capsys.readouterr().err == ""
    fit(module, objective, [batch], max_epochs=1, progress=True)
    assert "train" in capsys.readouterr().err
