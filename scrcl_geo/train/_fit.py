"""The training loop."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from scrcl_geo import _validate
from scrcl_geo._tensors import GraphTensors
from scrcl_geo.train._stopping import LossPlateau

logger = logging.getLogger(__name__)


class TrainingError(RuntimeError):
    """Training produced numbers that are not finite; the message names the term."""


@dataclass
class TrainingLog:
    """What a training run did: weighted value of each term per epoch, and why it stopped."""

    losses: list[dict[str, float]] = field(default_factory=list)
    stopped: str = ""


def fit(
    module: nn.Module,
    objective: nn.Module,
    batches: Sequence[GraphTensors],
    *,
    max_epochs: int = 60,
    learning_rate: float = 1e-3,
    weight_decay: float = 0.0,
    max_grad_norm: float = 1.0,
    stopping: LossPlateau | None = None,
    progress: bool = True,
) -> TrainingLog:
    """Train ``module`` in place on ``batches``; the full graph is a list of one.

    Parameters
    ----------
    module
        Maps a batch to its views.
    objective
        Maps views and the cell graph to named terms; their sum is minimised by Adam.
    batches
        What one epoch goes through, in order.
    max_epochs, learning_rate, weight_decay
        Of the optimiser.
    max_grad_norm
        Gradients are scaled down to this norm.
    stopping
        Label-free rule on the loss per epoch; None runs all epochs.
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
    _validate.at_least("max_epochs", max_epochs, 1)
    _validate.positive("learning_rate", learning_rate)
    module.train()
    objective.train()
    parameters = [*module.parameters(), *objective.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=learning_rate, weight_decay=weight_decay)
    log = TrainingLog(stopped=f"all {max_epochs} epochs done")
    totals: list[float] = []

    with tqdm(total=max_epochs, desc="train", unit="epoch", disable=not progress) as bar:
        for epoch in range(max_epochs):
            sums: dict[str, float] = {}
            for batch in batches:
                optimizer.zero_grad(set_to_none=True)
                terms = objective(module(batch), batch.adj)
                values = _finite(terms, epoch)
                torch.stack(list(terms.values())).sum().backward()
                norm = nn.utils.clip_grad_norm_(parameters, max_grad_norm)
                if not torch.isfinite(norm):
                    raise TrainingError(
                        f"the gradient is not finite in epoch {epoch + 1}: lower learning_rate"
                    )
                optimizer.step()
                for name, value in values.items():
                    sums[name] = sums.get(name, 0.0) + value / len(batches)
            log.losses.append(sums)
            totals.append(sum(sums.values()))
            bar.update()
            bar.set_postfix(loss=f"{totals[-1]:.4g}", refresh=False)
            if stopping is not None and stopping.reached(totals):
                log.stopped = f"loss plateau after {epoch + 1} epochs"
                break
    module.eval()
    logger.info("training stopped: %s, loss %.4g", log.stopped, totals[-1])
    return log


def _finite(terms: dict[str, Tensor], epoch: int) -> dict[str, float]:
    """The terms as numbers, in one transfer from the device; an error names the first bad one."""
    values = torch.stack([term.detach().double() for term in terms.values()]).tolist()
    for name, value in zip(terms, values, strict=True):
        if not math.isfinite(value):
            raise TrainingError(
                f"loss term {name} is {value} in epoch {epoch + 1}: lower learning_rate or check the input"
            )
    return dict(zip(terms, values, strict=True))
