"""A network built and trained, and trained again more gently where numbers stop being finite."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import torch
from torch import nn

from scrcl_geo.train._checkpoint import Checkpoint
from scrcl_geo.train._distributed import Ranks
from scrcl_geo.train._fit import Batches, TrainingError, TrainingLog, fit
from scrcl_geo.train._runtime import seeded
from scrcl_geo.train._settings import TrainingSettings

Module = TypeVar("Module", bound=nn.Module)

logger = logging.getLogger(__name__)

_RETRIES = 2
_GENTLER = 0.1  # of the learning rate


def train(
    build: Callable[[], Module],
    objective: nn.Module,
    batches: Batches,
    settings: TrainingSettings,
    *,
    device: torch.device | str = "cpu",
    seed: int = 0,
    checkpoint: Checkpoint | None = None,
    ranks: Ranks | None = None,
    progress: bool = True,
) -> tuple[Module, TrainingLog]:
    """Build a network and train it; the log says which learning rate it took.

    The caller's random generators are left alone, and so is the objective: a copy of it learns.

    Raises
    ------
    TrainingError
        Numbers stopped being finite at a hundredth of the learning rate too.
    """
    for attempt in range(_RETRIES + 1):
        with seeded(seed):
            module = build().to(device)
            try:
                return module, fit(
                    module,
                    copy.deepcopy(objective).to(device),
                    batches,
                    settings,
                    checkpoint=checkpoint,
                    ranks=ranks,
                    progress=progress,
                )
            except TrainingError as error:
                if attempt == _RETRIES:
                    raise
                settings = replace(settings, learning_rate=settings.learning_rate * _GENTLER)
                logger.warning("%s; trained again with learning_rate=%g", error, settings.learning_rate)
    raise AssertionError("unreachable: the last attempt returns or raises")
