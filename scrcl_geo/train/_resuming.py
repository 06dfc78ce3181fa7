"""A training run put back as a checkpoint holds it, whole or not at all."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from scrcl_geo._schema.kinds import Entries, Items, Number, check

_LOSSES = Items(Entries(Number()))


def take_up(parts: dict[str, Any], state: dict[str, Any]) -> list[dict[str, float]]:
    """Put a state back into the parts of a run; the losses so far.

    Raises
    ------
    Exception
        Of many kinds: the state is not of this run. The parts and torch's generator are as they were.
    """
    before = copy.deepcopy({name: part.state_dict() for name, part in parts.items()})
    random = torch.get_rng_state()
    try:
        check(state["losses"], _LOSSES, "losses", do="start anew")
        for name, part in parts.items():
            part.load_state_dict(state[name])
        _try(parts)
        torch.set_rng_state(state["random"]["cpu"])
        if "cuda" in state["random"] and torch.cuda.is_initialized():
            torch.cuda.set_rng_state(state["random"]["cuda"])
    except Exception:
        for name, part in parts.items():
            part.load_state_dict(before[name])
        torch.set_rng_state(random)
        raise
    return list(state["losses"])


def _try(parts: dict[str, Any]) -> None:
    """A step without a gradient on copies: states of another form are loaded without a word and fail here."""
    _moments(parts["optimizer"])
    modules, optimizer = copy.deepcopy(
        (nn.ModuleList([parts["module"], parts["objective"]]), parts["optimizer"])
    )
    for parameter in modules.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    _finite(modules)
    if "best" in parts:
        best = parts["best"]
        check(best.losses, Items(Number()), "losses of held-out cells", do="start anew")
        _finite(best.average)
        if best.losses:
            modules.load_state_dict(best.state)
            _finite(modules)


def _moments(optimizer: torch.optim.Optimizer) -> None:
    """Moments are as large as their weights: the fused step does not look."""
    for parameter, held in optimizer.state.items():
        for name, moment in held.items():
            if torch.is_tensor(moment) and name != "step" and moment.shape != parameter.shape:
                raise ValueError(f"{name} of another shape")
        if not torch.is_tensor(held.get("step")) or held["step"].numel() != 1:
            raise ValueError("no number of steps")


def _finite(modules: nn.Module) -> None:
    if not all(bool(parameter.isfinite().all()) for parameter in modules.parameters()):
        raise ValueError("values that are not finite")
