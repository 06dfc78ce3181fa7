"""Device and seed of a run; the caller's generators are left alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import torch

from scrcl_geo import _keys, _validate

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData


_SHORT = 8192  # cells; a step on 2,000 to 3,000 takes some 50 ms, in a thousand short products


@contextmanager
def steps_on_one_thread(n_cells: int) -> Iterator[None]:
    """Inside the block torch takes one thread for steps on few cells, if its threads sleep while they wait
    (``OMP_WAIT_POLICY``): waking another one for each product takes longer than its share of the work.
    """
    before = torch.get_num_threads()
    if n_cells <= _SHORT and os.environ.get("OMP_WAIT_POLICY", "").upper() == "PASSIVE":
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


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
