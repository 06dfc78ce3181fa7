"""Objects from one process to another, their tensors as they are: pickling these takes several copies."""

from __future__ import annotations

import io
import pickle
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

_LARGE = 1000  # entries of a tensor that goes by itself


class _Outside(pickle.Pickler):
    """Leaves large tensors out of the pickle, in a list of its own."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.tensors: list[Tensor] = []

    def persistent_id(self, obj: Any) -> int | None:
        if type(obj) is not Tensor or obj.layout != torch.strided or obj.numel() < _LARGE:
            return None
        self.tensors.append(obj.contiguous())
        return len(self.tensors) - 1


class _Inside(pickle.Unpickler):
    """Puts such tensors back in their places."""

    def __init__(self, file: io.BytesIO, tensors: list[Tensor]) -> None:
        super().__init__(file)
        self._tensors = tensors

    def persistent_load(self, pid: Any) -> Tensor:
        return self._tensors[pid]


def apart(value: Any) -> tuple[bytes, list[Tensor]]:
    """Something pickled without its large tensors, and these."""
    file = io.BytesIO()
    pickler = _Outside(file)
    pickler.dump(value)
    return file.getvalue(), pickler.tensors


def together(pickled: bytes, tensors: list[Tensor]) -> Any:
    """What :func:`apart` was given."""
    return _Inside(io.BytesIO(pickled), tensors).load()


def send(value: Any, rank: int) -> None:
    """Hand something to another process, which calls :func:`receive`."""
    pickled, tensors = apart(value)
    forms = [(tuple(tensor.shape), tensor.dtype) for tensor in tensors]
    dist.send_object_list([forms, pickled], dst=rank, device=torch.device("cpu"))
    for tensor in tensors:
        dist.send(_bytes(tensor.cpu()), dst=rank)


def receive(rank: int) -> Any:
    """What another process sends."""
    told: list[Any] = [None, None]
    dist.recv_object_list(told, src=rank, device=torch.device("cpu"))
    forms, pickled = told
    tensors = [torch.empty(shape, dtype=dtype) for shape, dtype in forms]
    for tensor in tensors:
        dist.recv(_bytes(tensor), src=rank)
    return together(pickled, tensors)


def _bytes(tensor: Tensor) -> Tensor:
    """The same memory, of a type that every backend takes."""
    return tensor.view(-1).view(torch.uint8)
