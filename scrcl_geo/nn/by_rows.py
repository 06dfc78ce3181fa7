"""Functions of single rows, some rows at a time."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

_ROWS = 65_536


def by_rows(function: Callable[..., Tensor], *tensors: Tensor) -> Tensor:
    """What a function makes of each row, (N, …) each → (N, D); without a gradient in blocks of rows, so that
    what lies between input and output never stands in memory for all cells."""
    n = len(tensors[0])
    if torch.is_grad_enabled() or n <= _ROWS:
        return function(*tensors)
    starts = range(0, n, _ROWS)
    return torch.cat([function(*(x[start : start + _ROWS] for x in tensors)) for start in starts])
