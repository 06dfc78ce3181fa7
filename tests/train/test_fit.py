"""The loop: it learns, stops, names what breaks."""

import pytest
import torch
from torch import nn

from scrcl_geo import _keys
from scrcl_geo._validate import ScrclInputError
from scrcl_geo.graph import CellBatches, MaskCells, linked, to_hetero
from scrcl_geo.losses import DistributionAlignment, ExpressionLikelihood, Objective, Term, ViewConsistency
from scrcl_geo.nn import BipartiteRefinement, GCNEncoder, MLPEncoder, ScRCLModule
from scrcl_geo.train import (
    Checkpoint,
    HeldOut,
    LossPlateau,
    TrainingError,
    TrainingSettings,
    fit,
    hold_out,
)


class Broken(nn.Module):
    """A loss that is not a number from the second epoch on."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, z1, z2, edges):
        self.calls += 1
        return z1.sum() * (float("nan") if self.calls > 1 else 1.0)


class Steep(nn.Module):
    """A finite loss with a gradient that is not."""

    def forward(self, z1, z2, edges):
        return (0 * z1).sum().sqrt()


@pytest.fixture
def parts(toy_graph):
    torch.manual_seed(0)
    batch = linked(to_hetero(toy_graph))
    width = batch[_keys.CELL].x.shape[1]
    module = ScRCLModule(MLPEncoder(width, 16), GCNEncoder(width, 16), BipartiteRefinement(16, 8))
    return module, Objective(Term(DistributionAlignment()), Term(ViewConsistency(), on="z")), batch


def test_loss_falls_and_every_term_is_logged(parts):
    module, objective, batch = parts
    log = fit(module, objective, [batch], TrainingSettings(max_epochs=15), progress=False)
    assert len(log.losses) == 15
    assert sum(log.losses[-1].values()) < sum(log.losses[0].values())
    assert list(log.losses[0]) == objective.names
    assert log.stopped == "all 15 epochs done"
    assert log.learning_rate == 1e-3
    assert not module.training


def test_batches_are_averaged(parts):
    module, objective, batch = parts
    settings = TrainingSettings(max_epochs=1, learning_rate=1e-12)
    log = fit(module, objective, [batch, batch], settings, progress=False)
    once = fit(module, objective, [batch], settings, progress=False)
    assert sum(log.losses[0].values()) == pytest.approx(sum(once.losses[0].values()), rel=0.05)


def test_the_last_pass_ends_where_the_steps_do(parts):
    module, objective, batch = parts
    settings = TrainingSettings(max_epochs=3, max_steps=7, stopping=None)
    seen = []

    class Batches(list):
        def __iter__(self):
            for each in super().__iter__():
                seen.append(each)
                yield each

    log = fit(module, objective, Batches([batch, batch, batch]), settings, progress=False)
    assert len(seen) == 8  # one is shown first
    assert (len(log.losses), log.stopped) == (3, "all 7 steps done")


def test_stops_on_a_plateau(parts):
    module, objective, batch = parts
    settings = TrainingSettings(max_epochs=50, stopping=LossPlateau(window=3, tolerance=10.0))
    log = fit(module, objective, [batch], settings, progress=False)
    assert len(log.losses) == 6
    assert log.stopped == "loss plateau after 6 epochs"


def test_names_the_term_that_is_not_finite(parts):
    module, _, batch = parts
    objective = Objective(Term(ViewConsistency(), on="z"), Term(Broken(), name="mine"))
    with pytest.raises(TrainingError, match="loss term mine is nan in epoch 2"):
        fit(module, objective, [batch], TrainingSettings(max_epochs=5), progress=False)


def test_names_a_gradient_that_is_not_finite(parts):
    module, _, batch = parts
    with pytest.raises(TrainingError, match="gradient norm is nan in epoch 1"):
        fit(module, Objective(Term(Steep())), [batch], TrainingSettings(max_epochs=1), progress=False)


def test_gradients_are_scaled_down(parts):
    module, objective, batch = parts
    steep = Objective(*(Term(t.loss, on=t.on, weight=1e6) for t in objective.terms))
    settings = TrainingSettings(max_epochs=1, max_grad_norm=0.5, stopping=None)
    fit(module, steep, [batch], settings, progress=False)
    norms = [p.grad.norm() for p in module.parameters() if p.grad is not None]
    assert torch.stack(norms).norm() == pytest.approx(0.5, rel=1e-3)


def test_weights_of_the_objective_learn_too(parts):
    module, _, batch = parts

    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(()))

        def forward(self, views, data):
            return (self.scale * views.z1 - views.z2).square().mean()

    objective = Objective(Term(Scaled(), on="graph"))
    fit(module, objective, [batch], TrainingSettings(max_epochs=3), progress=False)
    assert objective.losses[0].scale != 1


def test_settings_are_checked():
    for settings, message in (
        ({"max_epochs": 0}, "max_epochs is too small: found 0"),
        ({"learning_rate": 0}, "learning_rate is not positive"),
        ({"weight_decay": -1}, "weight_decay is too small"),
        ({"max_grad_norm": 0}, "max_grad_norm is not positive"),
    ):
        with pytest.raises(ValueError, match=message):
            TrainingSettings(**settings)
    with pytest.raises(ValueError, match="window is too small"):
        LossPlateau(window=0)


def test_progress_bar_can_be_switched_off(parts, capsys):
    module, objective, batch = parts
    settings = TrainingSettings(max_epochs=1)
    fit(module, objective, [batch], settings, progress=False)
    assert capsys.readouterr().err == ""
    fit(module, objective, [batch], settings, progress=True)
    assert "train" in capsys.readouterr().err


class Cut(RuntimeError):
    """The end of a process, as far as training can tell."""


class CutAfter(Checkpoint):
    """Keeps every epoch and ends the third one."""

    def save(self, state, learning_rate):
        super().save(state, learning_rate)
        if len(state["losses"]) == 3:
            raise Cut


@pytest.mark.parametrize("size", [300, 60], ids=["full graph", "mini-batches"])
def test_a_run_that_was_cut_off_ends_with_the_same_bits(parts, tmp_path, size):
    module, objective, data = parts
    start = {name: value.clone() for name, value in module.state_dict().items()}
    groups = torch.arange(300) // 15

    def trained(checkpoint=None):
        module.load_state_dict(start)
        torch.manual_seed(7)
        batches = [data] if size == 300 else CellBatches(data, groups, size)
        settings = TrainingSettings(max_epochs=6, stopping=None)
        log = fit(module, objective, batches, settings, checkpoint=checkpoint, progress=False)
        return log.losses, [value.clone() for value in module.state_dict().values()]

    losses, weights = trained()
    with pytest.raises(Cut):
        trained(CutAfter(tmp_path / "state", every=0))
    resumed_losses, resumed = trained(Checkpoint(tmp_path / "state", every=1e9))
    assert resumed_losses == losses
    assert all(torch.equal(a, b) for a, b in zip(weights, resumed, strict=True))


def test_a_state_of_another_run_or_learning_rate_is_not_taken_up(parts, tmp_path, caplog):
    module, objective, batch = parts
    first = Checkpoint(tmp_path / "state", every=0)
    first.run = "one"
    fit(module, objective, [batch], TrainingSettings(max_epochs=2), checkpoint=first, progress=False)
    assert first.load(1e-3)["losses"]
    assert first.load(1e-4) is None
    first.run = "another"
    assert first.load(1e-3) is None
    assert caplog.text.count("is of another input, version or setting; training starts anew") == 2


def test_a_training_that_stops_by_held_out_cells_needs_some(parts):
    module, _, batch = parts
    objective = Objective(Term(ExpressionLikelihood(), on="graph"))
    settings = TrainingSettings(max_epochs=20, masking=MaskCells(), stopping=HeldOut(every=5))
    with pytest.raises(ScrclInputError, match=r"no cells are held out.*hold_out"):
        fit(module, objective, [batch], settings, progress=False)
    hold_out(batch)
    log = fit(module, objective, [batch], settings, progress=False)
    assert len(log.held_out) == 5
    assert min(log.held_out) > 0
