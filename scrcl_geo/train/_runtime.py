"""Device and seed of a run; the caller's generators are left alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import torch

from scrcl_geo import _keys, _validate

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch's generators seeded inside the block and restored after it."""
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


def forked(device: torch.device) -> AbstractContextManager[None]:
    """Torch's generators of the CPU and of a device as they were, after the block."""
    return torch.random.fork_rng(devices=[device] if device.type == "cuda" else [])


def moved(batch: HeteroData, device: torch.device) -> HeteroData:
    """A batch on a device; to a GPU it goes by way of pinned memory, so that nothing waits for the copy."""
    cells = batch[_keys.CELL].x
    if device.type == "cuda" and cells.device.type == "cpu" and cells.layout == torch.strided:
        batch = batch.pin_memory()
    return batch.to(device, non_blocking=True)


def resolve_device(name: str) -> torch.device:
    """``"auto"``, ``"cpu"`` or ``"cuda"`` as a device that is there."""
    _validate.one_of("device", name, ("auto", "cpu", "cuda"))
    if name == "cuda" and not torch.cuda.is_available():
        raise _validate.fail("device='cuda' is not there", "no CUDA device", "use device='cpu'")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)
