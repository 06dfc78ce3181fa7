"""Cross-entropy over all genes, whose gradient is found with it, some rows at a time."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from scrcl_geo._messages import at_hand

_ENTRIES = 200_000  # logits at a time on a CPU, so that they stay in its cache


def weighted_cross_entropy(z: Tensor, genes: Tensor, bias: Tensor, shares: Tensor, weight: Tensor) -> Tensor:
    r"""Sum of weighted negative log-likelihoods :math:`-\sum_{vs} w_{vs} \sum_g x_{sg} \log
    \sigma_g(Q z_{vs} + b)`.

    Shapes: ``z`` (V, S, K), ``genes`` Q (G, K), ``bias`` (G,), ``shares`` x (S, G) with rows of sum 1, which
    all V queries of a row are asked for, ``weight`` (V, S); x and w have no gradient. O(V S G K) time, and on
    a CPU no array of V S G numbers.
    """
    return _CrossEntropy.apply(z, genes, bias, shares, weight, torch.is_grad_enabled())


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, z: Tensor, genes: Tensor, bias: Tensor, shares: Tensor, weight: Tensor, learns: bool
    ) -> Tensor:
        told = shares @ genes  # (S, K), what a row of z is multiplied by where its genes are named
        total = -(weight * ((z * told).sum(dim=-1) + shares @ bias)).sum()
        if learns:
            d_z = -weight[..., None] * told
            d_genes = -shares.T @ (weight[..., None] * z).sum(dim=0)
            d_bias = -weight.sum(dim=0) @ shares
            flat_d_z = d_z.view(-1, z.shape[-1])
        rows, weights = z.reshape(-1, z.shape[-1]), weight.reshape(-1, 1)
        step = max(1, _ENTRIES // len(genes)) if at_hand(z) else len(rows)  # a GPU takes few large steps
        for start in range(0, len(rows), step):
            at = slice(start, start + step)
            logits = torch.addmm(bias, rows[at], genes.T)
            top = logits.amax(dim=1, keepdim=True)
            likely = logits.sub_(top).exp_()
            sums = likely.sum(dim=1, keepdim=True)
            total += (weights[at] * (top + sums.log())).sum()
            if learns:
                likely.mul_(weights[at] / sums)
                flat_d_z[at].addmm_(likely, genes)
                d_genes.addmm_(likely.T, rows[at])
                d_bias += likely.sum(dim=0)
        if learns:
            ctx.save_for_backward(d_z, d_genes, d_bias)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_total: Tensor) -> tuple[Tensor | None, ...]:
        return (*(d_total * gradient for gradient in ctx.saved_tensors), None, None, None)
