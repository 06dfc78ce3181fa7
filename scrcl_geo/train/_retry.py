"""A network built and trained, and trained again more gently where numbers stop being finite."""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from scrcl_geo.losses import Objective
from scrcl_geo.nn.tensors import Batches
from scrcl_geo.train import Checkpoint, LossPlateau, TrainingError, TrainingLog, fit
from scrcl_geo.train._runtime import seeded

Module = TypeVar("Module", bound=nn.Module)

logger = logging.getLogger(__name__)

_RETRIES = 2
_GENTLER = 0.1  # of the learning rate


def passes(max_epochs: int, n_batches: int) -> int:
    """Epochs in mini-batches: three noisy steps stand in for one on all cells."""
    return max_epochs if n_batches == 1 else max(1, math.ceil(3 * max_epochs / n_batches))


def train(
    build: Callable[[], Module],
    objective: Objective,
    batches: Batches,
    *,
    max_epochs: int,
    learning_rate: float,
    weight_decay: float,
    device: torch.device,
    seed: int,
    checkpoint: str | Path | None,
    checkpoint_every: float,
    run: str,
    progress: bool,
) -> tuple[Module, TrainingLog, float]:
    """The trained network, its log, and the learning rate that it took.

    Raises
    ------
    TrainingError
        Numbers stopped being finite at a hundredth of the learning rate too.
    """
    untrained = copy.deepcopy(objective.state_dict())
    for attempt in range(_RETRIES + 1):
        keep = None
        if checkpoint is not None:
            keep = Checkpoint(checkpoint, run=f"{run} {learning_rate:g}", every=checkpoint_every)
        objective.load_state_dict(untrained)
        with seeded(seed):
            module = build().to(device)
            try:
                log = fit(
                    module,
                    objective.to(device),
                    batches,
                    max_epochs=max_epochs,
                    learning_rate=learning_rate,
                    weight_decay=weight_decay,
                    stopping=LossPlateau(),
                    checkpoint=keep,
                    progress=progress,
                )
            except TrainingError as error:
                if attempt == _RETRIES:
                    raise
                learning_rate *= _GENTLER
                logger.warning("%s; trained again with learning_rate=%g", error, learning_rate)
            else:
                return module, log, learning_rate
    raise AssertionError("unreachable: the last attempt returns or raises")
