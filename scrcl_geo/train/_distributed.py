"""Several processes that train one network, each on cells of its own: PyTorch's collectives."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from scrcl_geo.train._handing import receive, send

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

    from scrcl_geo.train._fit import Batches

Result = TypeVar("Result")

_MEETING = timedelta(minutes=5)
_WAIT = timedelta(days=2)  # others wait while the first one reads the data and builds the graph
_EPOCHS = 1_000_003  # a prime above any number of epochs, so that no two draws share a seed


class RankLost(RuntimeError):
    """Another process of the run has ended."""


def _shared(method: Callable[..., Result]) -> Callable[..., Result]:
    """Tells the end of another process from other errors."""

    @wraps(method)
    def guarded(*args: Any, **kwargs: Any) -> Result:
        try:
            return method(*args, **kwargs)
        except RuntimeError as error:  # of gloo and of NCCL: the connection is closed
            raise RankLost(str(error).splitlines()[0]) from error

    return guarded


@dataclass(frozen=True)
class Ranks:
    """This process among those that train together.

    Each holds a share of the cells and takes a step on a batch of them. The gradients are averaged,
    weighted by the cells of each batch, so that all make the same step: that of one process which takes
    these batches one by one and adds up their gradients. Weights are those of the first process at the start.

    Parameters
    ----------
    rank, size
        Number of this process, from 0, and of all.
    """

    rank: int
    size: int

    @classmethod
    def join(cls, url: str = "env://", rank: int = -1, size: int = -1) -> Ranks:
        """Meet the other processes: those that torchrun started, or at an address of one's own."""
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        store, rank, size = next(dist.rendezvous(url, rank, size, timeout=_MEETING))
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=_WAIT)
        return cls(rank, size)

    def leave(self) -> None:
        """Part from the others."""
        dist.destroy_process_group()

    def seed(self, seed: int, epoch: int) -> None:
        """Draws of this process alone in one epoch, the same ones after the run was cut off."""
        torch.manual_seed((seed * _EPOCHS + epoch) * self.size + self.rank)

    @_shared
    def align(self, modules: nn.Module) -> None:
        """Take the weights and buffers of the first process."""
        for tensor in modules.state_dict().values():
            dist.broadcast(tensor, src=0)

    @_shared
    def average(self, parameters: Sequence[nn.Parameter], terms: Tensor, n_cells: int) -> Tensor:
        """Average all gradients in place, and the values of the terms (T,), weighted by cells."""
        learned = [p for p in parameters if p.requires_grad]
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in learned]
        flat = torch.cat(
            [*(g.reshape(-1) for g in gradients), terms.to(gradients[0].dtype), terms.new_ones(1)]
        )
        flat = flat.to(gradients[0].dtype) * n_cells
        dist.all_reduce(flat)
        flat = flat / flat[-1]
        parts = flat[:-1].split([*(g.numel() for g in gradients), len(terms)])
        for parameter, part in zip(learned, parts, strict=False):
            parameter.grad = part.reshape(parameter.shape)
        return parts[-1]

    @_shared
    def mean(self, value: float, n_cells: int) -> float:
        """Average of a number, weighted by cells."""
        sums = torch.tensor([value * n_cells, n_cells], dtype=torch.float64)
        dist.all_reduce(sums)
        return float(sums[0] / sums[1])

    @_shared
    def told(self, value: Any = None) -> Any:
        """What the first process says."""
        said = [value]
        dist.broadcast_object_list(said, src=0, device=torch.device("cpu"))
        return said[0]

    @_shared
    def give(self, rank: int, value: Any) -> None:
        """Hand something to one other process."""
        send(value, rank)

    @_shared
    def take(self) -> Any:
        """What the first process hands over."""
        return receive(0)


def as_many(batches: Batches) -> Iterator[HeteroData]:
    """As many batches as were announced, the last one again where some came out empty: all wait for all."""
    left: Iterable[Any] = iter(batches)
    batch = None
    for _ in range(len(batches)):
        batch = next(left, batch)  # type: ignore[call-overload]
        yield batch
