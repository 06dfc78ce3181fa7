"""The training loop."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from tqdm.auto import tqdm

from scrcl_geo import _keys
from scrcl_geo.train._checkpoint import Checkpoint
from scrcl_geo.train._distributed import Ranks, as_many
from scrcl_geo.train._held_out import BestState
from scrcl_geo.train._resuming import take_up
from scrcl_geo.train._runtime import forked, moved, steps_on_one_thread
from scrcl_geo.train._settings import TrainingSettings
from scrcl_geo.train._stopping import HeldOut, LossPlateau

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

logger = logging.getLogger(__name__)

_GRADIENT = "gradient norm"


class Batches(Protocol):
    """What an epoch goes through: a list of graphs, a loader of PyG, or what cuts them on the way."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[HeteroData]: ...


class TrainingError(RuntimeError):
    """Training produced numbers that are not finite; the message names the term."""


@dataclass
class TrainingLog:
    """What a training run did: weighted value of each term per epoch, the loss on held-out cells at each
    check, why it stopped, its learning rate."""

    losses: list[dict[str, float]] = field(default_factory=list)
    held_out: list[float] = field(default_factory=list)
    stopped: str = ""
    learning_rate: float = 0.0

    @property
    def learned(self) -> bool:
        """Whether held-out cells were ever predicted better than before training; true without any."""
        return not self.held_out or min(self.held_out) < self.held_out[0]


def fit(
    module: nn.Module,
    objective: nn.Module,
    batches: Batches,
    settings: TrainingSettings | None = None,
    *,
    checkpoint: Checkpoint | None = None,
    ranks: Ranks | None = None,
    progress: bool = True,
) -> TrainingLog:
    """Train ``module`` in place on ``batches``; the full graph is a list of one.

    Parameters
    ----------
    module
        Maps a batch, a :class:`torch_geometric.data.HeteroData`, to its views.
    objective
        Maps views and batch to named terms; their sum is minimised by Adam.
    batches
        What one epoch goes through, in order; moved to the module's device one by one.
    settings
        Of the optimiser and of the end of the training.
    checkpoint
        Where to take up a run that was cut off, and to keep its state; on the CPU the result has the same
        bits as without the cut, whatever order the batches draw from torch's generator.
    ranks
        Processes that train together, each with batches of its own, as many as the others; the first
        one keeps the checkpoint.
    progress
        Show a progress bar on standard error.

    Returns
    -------
    TrainingLog
        Terms per epoch and the stopping reason.

    Raises
    ------
    TrainingError
        A term or the gradient is not finite; the message names it.
    """
    settings = settings or TrainingSettings()
    modules = nn.ModuleList([module, objective])
    seed = torch.initial_seed()
    device = next(module.parameters()).device
    first = moved(next(iter(batches)), device)
    _materialise(module, objective, first, settings)
    if ranks is not None:
        ranks.align(modules)
    parameters = list(modules.parameters())
    optimizer = torch.optim.Adam(
        parameters,
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
        decoupled_weight_decay=settings.decoupled,
        fused=True,  # one pass over the weights instead of a dozen, which is most of a step on few cells
    )
    max_epochs = settings.max_epochs
    whole = max_epochs * len(batches)
    n_steps = min(whole, settings.max_steps or whole)
    end = f"all {max_epochs} epochs done" if n_steps == whole else f"all {n_steps} steps done"
    log = TrainingLog(stopped=end, learning_rate=settings.learning_rate)
    parts: dict[str, Any] = {"module": module, "objective": objective, "optimizer": optimizer}
    best = None
    if isinstance(settings.stopping, HeldOut) and settings.masking is not None:
        best = parts["best"] = BestState(modules, first, settings.stopping, settings.masking, ranks)
    state = None if checkpoint is None else checkpoint.load(settings.learning_rate)
    if ranks is not None:
        state = ranks.told(state)
    if state is not None:
        try:
            log.losses = take_up(parts, state)
            logger.info("training goes on after epoch %d of at most %d", len(log.losses), max_epochs)
        except Exception as error:  # somebody else's state fails in many ways
            if checkpoint is not None:  # of several processes, the first one tells
                checkpoint.reject(error)
    modules.train()
    totals = [sum(losses.values()) for losses in log.losses]
    stop = False
    done = len(totals) * len(batches)
    with (
        steps_on_one_thread(int(first[_keys.CELL].num_nodes)),
        tqdm(total=n_steps, initial=done, desc="train", unit="step", disable=not progress) as bar,
    ):
        for epoch in range(len(totals), max_epochs):
            steps = []
            if ranks is not None:
                ranks.seed(seed, epoch)
            for batch in batches if ranks is None else as_many(batches):
                if best is not None and done % best.rule.every == 0:
                    stop = best.check()
                    if stop:
                        break
                terms, norm = _step(modules, optimizer, moved(batch, device), settings, ranks)
                if best is not None:
                    best.follow()
                steps.append(torch.stack([*terms.values(), norm]))
                done += 1
                bar.update()
                if done == n_steps:
                    break
            if steps:
                log.losses.append(_finite([*terms, _GRADIENT], steps, epoch))
                totals.append(sum(log.losses[-1].values()))
                bar.set_postfix(loss=f"{totals[-1]:.4g}", refresh=False)
            if best is not None and stop:
                log.stopped = f"held-out cells were predicted best at step {best.best_step} of {done}"
                break
            if isinstance(settings.stopping, LossPlateau) and settings.stopping.reached(totals):
                log.stopped = f"loss plateau after {epoch + 1} epochs"
                break
            if checkpoint is not None and checkpoint.due():
                checkpoint.save(_state(parts, log.losses), settings.learning_rate)
    if best is not None:
        if not stop:
            best.check()
        log.held_out = list(best.losses)
        best.restore()
    modules.eval()
    logger.info("training stopped: %s, loss %.4g", log.stopped, totals[-1])
    return log


def _step(
    modules: nn.ModuleList,
    optimizer: torch.optim.Optimizer,
    batch: HeteroData,
    settings: TrainingSettings,
    ranks: Ranks | None,
) -> tuple[dict[str, Tensor], Tensor]:
    """One step on one batch: the terms and the norm of the gradient, float64."""
    module, objective = modules
    optimizer.zero_grad(set_to_none=True)
    if settings.masking is not None:
        batch = settings.masking(batch)
    terms = objective(module(batch), batch)
    values = torch.stack(list(terms.values()))
    values.sum().backward()
    if ranks is not None:
        values = ranks.average(list(modules.parameters()), values.detach(), int(batch[_keys.CELL].num_nodes))
    if settings.max_grad_norm is None:
        norm = nn.utils.get_total_norm([p.grad for p in modules.parameters() if p.grad is not None])
    else:
        norm = nn.utils.clip_grad_norm_(modules.parameters(), settings.max_grad_norm)
    optimizer.step()
    return dict(zip(terms, values.detach().double(), strict=True)), norm.double()


def _materialise(
    module: nn.Module, objective: nn.Module, batch: HeteroData, settings: TrainingSettings
) -> None:
    """Show the first batch to parts that take their sizes from it, without touching a generator."""
    lazy = [p for p in (*module.parameters(), *objective.parameters()) if is_lazy(p)]
    if not lazy:
        return
    with torch.no_grad(), forked(batch[_keys.CELL].x.device):
        data = settings.masking(batch) if settings.masking is not None else batch
        objective.eval()(module.eval()(data), data)


def _state(parts: dict[str, Any], losses: list[dict[str, float]]) -> dict[str, Any]:
    """All that the next epoch hangs on."""
    state = {name: part.state_dict() for name, part in parts.items()}
    random = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_initialized():
        random["cuda"] = torch.cuda.get_rng_state()
    return {**state, "random": random, "losses": losses}


def _finite(names: list[str], steps: list[Tensor], epoch: int) -> dict[str, float]:
    """Mean of each term over the steps of an epoch; an error names the first bad one.

    The numbers leave the device here, once per epoch, so that no step waits for the host.
    """
    values = torch.stack(steps).cpu()
    for name, column in zip(names, values.T, strict=True):
        bad = column[~torch.isfinite(column)].tolist()
        if bad:
            what = name if name == _GRADIENT else f"loss term {name}"
            remedy = "lower learning_rate or check the input"
            raise TrainingError(f"{what} is {bad[0]} in epoch {epoch + 1}: {remedy}")
    means = values.mean(dim=0).tolist()
    return dict(zip(names[:-1], means, strict=False))
