"""Sums over columns in blocks: of the (N, D) intermediates of a loss, those of one block exist at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

_ENTRIES = 1 << 20  # of one block; a few such arrays stay in the cache of a CPU


def sum_over_columns(function: Callable[..., Tensor], embeddings: tuple[Tensor, ...], *shared: Any) -> Tensor:
    """Sum over blocks of columns of ``function(block of each embedding, ..., *shared)``.

    Exact where the function is itself a sum over columns. What a block needs is computed again in the
    backward pass instead of being kept.
    """
    return torch.stack(_by_block(function, embeddings, *shared)).sum(dim=0)


def log_normalizer(z: Tensor, temperature: float) -> Tensor:
    """Logarithm of the softmax denominator of each row, (N, 1)."""

    def of_block(block: Tensor) -> Tensor:
        return torch.logsumexp(block / temperature, dim=1)

    return torch.logsumexp(torch.stack(_by_block(of_block, (z,)), dim=1), dim=1, keepdim=True)


def _by_block(function: Callable[..., Tensor], embeddings: tuple[Tensor, ...], *shared: Any) -> list[Tensor]:
    n_rows, n_columns = embeddings[0].shape
    width = max(1, _ENTRIES // n_rows)
    if width >= n_columns:
        return [function(*embeddings, *shared)]
    blocks = zip(*(z.split(width, dim=1) for z in embeddings), strict=True)
    return [
        checkpoint(function, *block, *shared, use_reentrant=False, preserve_rng_state=False)
        for block in blocks
    ]
