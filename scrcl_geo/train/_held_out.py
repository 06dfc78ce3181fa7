"""The best state of a network by cells that training never asks for."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from scrcl_geo import _keys
from scrcl_geo.train._distributed import Ranks
from scrcl_geo.train._settings import Masking
from scrcl_geo.train._stopping import HeldOut

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

_DRAWS = 2  # of masks and samples per check, the same ones each time


def hold_out(data: HeteroData, share: float) -> None:
    """Mark a random share of the cells, drawn from torch's generator, as never asked for."""
    cells = data[_keys.CELL]
    cells.held_out = torch.rand(int(cells.num_nodes)) < share


class BestState:
    """Checks a network every so often and keeps its best state.

    Parameters
    ----------
    modules
        Network and objective.
    batch
        What is checked on.
    rule
        How often to check and when to stop.
    masking
        What hides cells; its ``validation`` asks for those held out.
    ranks
        Processes that train together: each checks a batch of its own, and all go by the mean.
    """

    def __init__(
        self,
        modules: nn.ModuleList,
        batch: HeteroData,
        rule: HeldOut,
        masking: Masking,
        ranks: Ranks | None = None,
    ) -> None:
        self.modules, self.batch, self.rule, self.masking, self.ranks = modules, batch, rule, masking, ranks
        self.losses: list[float] = []
        self.state: dict[str, Any] = {}

    def check(self) -> bool:
        """Compare the present state with the best; whether to stop."""
        self.losses.append(self._loss())
        if self.losses[-1] <= min(self.losses):
            self.state = copy.deepcopy(self.modules.state_dict())
        return self.rule.reached(self.losses)

    @property
    def best_step(self) -> int:
        """Steps before the best check."""
        return self.losses.index(min(self.losses)) * self.rule.every

    def restore(self) -> None:
        """Put the best state back."""
        self.modules.load_state_dict(self.state)

    def _loss(self) -> float:
        module, objective = self.modules
        was_training = module.training
        self.modules.eval()
        device = next(module.parameters()).device
        devices = [device] if device.type == "cuda" else []
        with torch.no_grad(), torch.random.fork_rng(devices=devices):
            torch.manual_seed(0)
            total = 0.0
            for _ in range(_DRAWS):
                data = self.masking.validation(self.batch)
                total += float(sum(objective(module(data), data).values()))
        self.modules.train(was_training)
        if self.ranks is not None:
            total = self.ranks.mean(total, int(self.batch[_keys.CELL].num_nodes))
        return total / _DRAWS

    def state_dict(self) -> dict[str, Any]:
        """All that the next check hangs on."""
        return {"losses": list(self.losses), "state": self.state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """What :meth:`state_dict` gave."""
        self.losses, self.state = list(state["losses"]), state["state"]
