"""What a training run reads, as one short text."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import torch

from scrcl_geo import _keys

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData


_AT_ONCE = 2**24  # numbers


def fingerprint(data: HeteroData) -> str:
    """Hexadecimal digest (32 characters) of all tensors of a graph, integers of any width alike; what is made
    of others, the joined cell graph and one of two directions of expression, is left out."""
    digest = hashlib.blake2b(digest_size=16)
    made = {_keys.LINKED}
    if _keys.EXPRESSED_BY in data.edge_types:
        made.add(_keys.EXPRESSES)
    for store in data.stores:
        if store._key in made:
            continue
        for name in sorted(store.keys()):
            digest.update(f"{store._key}/{name}".encode())
            for tensor in _dense(store[name]):
                wide = tensor.dtype if tensor.is_floating_point() else torch.long
                digest.update(f"{wide}{tuple(tensor.shape)}".encode())
                for part in tensor.reshape(-1).split(_AT_ONCE):
                    digest.update(part.to(wide).contiguous().cpu().numpy().data)
    return digest.hexdigest()


def _dense(value: Any) -> list[torch.Tensor]:
    if not isinstance(value, torch.Tensor):
        return []
    if value.layout == torch.sparse_csr:
        return [value.crow_indices(), value.col_indices(), value.values()]
    return [value.as_tensor() if hasattr(value, "as_tensor") else value]
