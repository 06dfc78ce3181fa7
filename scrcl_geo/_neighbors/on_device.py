"""Exact nearest neighbours on a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

_AT_ONCE = 1 << 28  # distances
_GROUP = 128  # rows whose nearest one stands for all of them


def nearest_on(
    device: str | torch.device,
    x: np.ndarray,
    n_neighbors: int,
    *,
    queries: np.ndarray | None = None,
    at_once: int = _AT_ONCE,
) -> tuple[np.ndarray, np.ndarray]:
    """Neighbours of ``queries`` among the rows of ``x``, or of each row among the others: all distances.

    A row that is among the k nearest lies in one of the k groups of 128 rows whose own nearest ones are
    nearest: the search looks into k groups, and sorts no row of distances.

    Shapes: ``x`` (N, F), ``queries`` (M, F) → positions and Euclidean distances, (M, k) each, nearest first.
    O(M N F) time, 2 to 3 GB of the device (benchmarks/gpu.py).
    """
    import torch
    from torch.nn.functional import pad

    own = queries is None
    n_rows = len(x)
    rows_of_x = _tensor(x, device)
    middle = rows_of_x.mean(dim=0)  # far from zero, products would drown the differences
    data = pad(rows_of_x - middle, (0, 0, 0, -n_rows % _GROUP))
    half = data.square().sum(dim=1) / 2
    half[n_rows:] = torch.inf
    asked = data[:n_rows] if queries is None else _tensor(queries, device) - middle
    index = torch.empty((len(asked), n_neighbors), dtype=torch.long)
    distance = torch.empty((len(asked), n_neighbors))
    step = max(1, at_once // len(data))
    for start in range(0, len(asked), step):
        rows = slice(start, min(start + step, len(asked)))
        near = torch.addmm(-half, asked[rows], data.T)  # larger is nearer
        if own:
            each = torch.arange(len(near), device=device)
            near[each, each + start] = -torch.inf
        grouped = near.view(len(near), -1, _GROUP)
        groups = grouped.amax(dim=2).topk(min(n_neighbors, grouped.shape[1]), dim=1).indices
        kept = grouped.gather(1, groups[:, :, None].expand(-1, -1, _GROUP)).flatten(1)
        best = kept.topk(n_neighbors, dim=1).indices
        found = groups.gather(1, best // _GROUP) * _GROUP + best % _GROUP
        index[rows] = found.cpu()
        distance[rows] = (asked[rows, None] - data[found]).square().sum(dim=2).sqrt().cpu()
    return index.numpy(), distance.numpy()


def _tensor(x: np.ndarray, device: str | torch.device) -> torch.Tensor:
    import torch

    return torch.from_numpy(np.ascontiguousarray(x, dtype=np.float32)).to(device)
