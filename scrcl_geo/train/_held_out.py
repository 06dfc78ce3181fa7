"""The best average of a network's states by cells that training never asks for."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from scrcl_geo import _keys, _validate
from scrcl_geo.train._distributed import Ranks
from scrcl_geo.train._runtime import forked
from scrcl_geo.train._settings import Masking
from scrcl_geo.train._stopping import HeldOut

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

_DRAWS = 2  # of masks and samples per check, the same ones each time
_DECAY = 0.9  # per step, of earlier weights in the average


def hold_out(data: HeteroData, share: float = 0.2) -> None:
    """Mark a random share of the cells, drawn from torch's generator, as never asked for.

    Writes ``held_out`` (N,) bool to the cells, by which :class:`HeldOut` stops a training.
    """
    _validate.within("share", share, 0.01, 0.9)
    cells = data[_keys.CELL]
    cells.held_out = torch.rand(int(cells.num_nodes)) < share


class BestState:
    """Follows a network with a running average of its weights, checks it every so often, and keeps the best.

    What a single step leaves in the weights is noise to cells that it did not see: averaged, the network
    predicts held-out cells better (docs/accuracy.md).

    Source: Polyak & Juditsky, SIAM Journal on Control and Optimization 1992.

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

    Raises
    ------
    ScrclInputError
        No cells of the batch are marked as held out.
    """

    def __init__(
        self,
        modules: nn.ModuleList,
        batch: HeteroData,
        rule: HeldOut,
        masking: Masking,
        ranks: Ranks | None = None,
    ) -> None:
        if "held_out" not in batch[_keys.CELL]:
            raise _validate.fail(
                "no cells are held out",
                "none marked",
                "mark them with sg.train.hold_out(data) before training",
            )
        self.modules, self.batch, self.rule, self.masking, self.ranks = modules, batch, rule, masking, ranks
        self.average, self.n_steps = copy.deepcopy(modules), 0
        self._weights = [
            [p.detach() for p in of.parameters() if not is_lazy(p)]  # of layers that saw nothing
            for of in (self.average, modules)
        ]
        self.losses: list[float] = []
        self.state: dict[str, Any] = {}

    def follow(self) -> None:
        """Move the average towards the present weights, by less the more steps it holds, down to a tenth."""
        self.n_steps += 1
        average, weights = self._weights
        torch._foreach_lerp_(average, weights, max(1 - _DECAY, 2 / (self.n_steps + 1)))
        for kept, buffer in zip(self.average.buffers(), self.modules.buffers(), strict=True):
            kept.copy_(buffer)

    def check(self) -> bool:
        """Compare the present average with the best; whether to stop."""
        self.losses.append(self._loss())
        if self.losses[-1] <= min(self.losses):
            self.state = copy.deepcopy(self.average.state_dict())
        return self.rule.reached(self.losses)

    @property
    def best_step(self) -> int:
        """Steps before the best check."""
        return self.losses.index(min(self.losses)) * self.rule.every

    def restore(self) -> None:
        """Give the network the best state."""
        self.modules.load_state_dict(self.state)

    def _loss(self) -> float:
        module, objective = self.average.eval()
        with torch.no_grad(), forked(next(module.parameters()).device):
            torch.manual_seed(0)
            total = 0.0
            for _ in range(_DRAWS):
                data = self.masking.validation(self.batch)
                total += float(sum(objective(module(data), data).values()))
        if self.ranks is not None:
            total = self.ranks.mean(total, int(self.batch[_keys.CELL].num_nodes))
        return total / _DRAWS

    def state_dict(self) -> dict[str, Any]:
        """All that the next check hangs on."""
        average = {"average": self.average.state_dict(), "n_steps": self.n_steps}
        return {"losses": list(self.losses), "state": self.state, **average}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """What :meth:`state_dict` gave."""
        self.losses, self.state = list(state["losses"]), state["state"]
        self.average.load_state_dict(state["average"])
        self.n_steps = int(state["n_steps"])
