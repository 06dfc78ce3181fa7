"""Sums over columns in blocks: of the (N, D) intermediates of a loss, those of one block exist at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

_WHOLE = 1 << 21  # entries up to which keeping every intermediate is cheap, and faster
_BLOCK = 1 << 19  # entries of a block: a few such arrays stay in the cache of a CPU
_NARROWEST = 16  # columns of a block


def sum_over_columns(
    function: Callable[..., Tensor], embeddings: tuple[Tensor, ...], *shared: Tensor
) -> Tensor:
    """Sum over blocks of columns of ``function(block of each embedding, ..., *shared)``.

    Exact where the function is itself a sum over columns. What a block needs is computed again in the
    backward pass instead of being kept.
    """
    n_rows, n_columns = embeddings[0].shape
    if n_rows * n_columns <= _WHOLE:
        return function(*embeddings, *shared)
    return _SumOverColumns.apply(function, len(embeddings), *embeddings, *shared)


def log_normalizer(z: Tensor, temperature: float) -> Tensor:
    """Logarithm of the softmax denominator of each row of (N, D), (N, 1)."""
    highest = z.detach().amax(dim=1, keepdim=True)

    def of_block(block: Tensor, highest: Tensor) -> Tensor:
        return ((block - highest) / temperature).exp().sum(dim=1, keepdim=True)

    return sum_over_columns(of_block, (z,), highest).log() + highest / temperature


class _SumOverColumns(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, function: Callable[..., Tensor], n_embeddings: int, *tensors: Tensor) -> Tensor:
        ctx.function, ctx.n_embeddings = function, n_embeddings
        ctx.save_for_backward(*tensors)
        blocks = (function(*of_block) for _, of_block in _blocks(tensors, n_embeddings))
        total = next(blocks)
        for block in blocks:
            total += block
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        tensors = ctx.saved_tensors
        wanted = [i for i, needed in enumerate(ctx.needs_input_grad[2:]) if needed]
        gradients = {i: torch.zeros_like(tensors[i]) for i in wanted}
        for columns, of_block in _blocks(tensors, ctx.n_embeddings):
            inputs = [x.detach().requires_grad_(i in gradients) for i, x in enumerate(of_block)]
            with torch.enable_grad():
                value = ctx.function(*inputs)
            found = torch.autograd.grad(value, [inputs[i] for i in wanted], gradient)
            for i, of_input in zip(wanted, found, strict=True):
                whole = gradients[i][:, columns] if i < ctx.n_embeddings else gradients[i]
                whole += of_input
        return (None, None, *(gradients.get(i) for i in range(len(tensors))))


def _blocks(tensors: tuple[Tensor, ...], n_embeddings: int) -> Iterator[tuple[slice, list[Tensor]]]:
    n_rows, n_columns = tensors[0].shape
    width = max(_NARROWEST, _BLOCK // n_rows)
    for start in range(0, n_columns, width):
        columns = slice(start, start + width)
        yield columns, [x[:, columns] if i < n_embeddings else x for i, x in enumerate(tensors)]
