"""What a training run reads, as one short text."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData


def fingerprint(data: HeteroData) -> str:
    """Hexadecimal digest (32 characters) of all tensors of a graph."""
    digest = hashlib.blake2b(digest_size=16)
    for store in data.stores:
        for name in sorted(store.keys()):
            digest.update(f"{store._key}/{name}".encode())
            for tensor in _dense(store[name]):
                digest.update(f"{tensor.dtype}{tuple(tensor.shape)}".encode())
                digest.update(tensor.contiguous().cpu().numpy().data)
    return digest.hexdigest()


def _dense(value: Any) -> list[torch.Tensor]:
    if not isinstance(value, torch.Tensor):
        return []
    if value.layout == torch.sparse_csr:
        return [value.crow_indices(), value.col_indices(), value.values()]
    return [value.as_tensor() if hasattr(value, "as_tensor") else value]
