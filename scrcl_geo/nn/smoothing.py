"""Graph smoothing with the normalised adjacency, without ever building it or densifying the input."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from scrcl_geo import _validate
from scrcl_geo.nn.sparse import degree, spmm


def propagate(adj: Tensor, x: Tensor) -> Tensor:
    r"""One hop of symmetric smoothing, :math:`\hat A x = \tilde D^{-1/2} (A + I) \tilde D^{-1/2} x`.

    Shapes: ``adj`` (N, N) sparse CSR, symmetric 0/1 without self-loops; ``x`` (N, D) → (N, D). O(E D).
    Source: Kipf & Welling, ICLR 2017, the propagation rule of GCN.
    """
    scale = torch.rsqrt(degree(adj, x.dtype) + 1)[:, None]  # (N, 1)
    x = scale * x
    return scale * (spmm(adj, x) + x)


def smooth(adj: Tensor, x: Tensor, n_hops: int) -> Tensor:
    """``n_hops`` times :func:`propagate`; 0 hops give ``x`` itself."""
    for _ in range(n_hops):
        x = propagate(adj, x)
    return x


class SmoothedLinear(nn.Module):
    r"""Linear map of smoothed features, :math:`\hat A^s X W + b`, in the cheaper of its two equal orders.

    Smoothing commutes with the linear map, so a sparse ``X`` is multiplied first and stays sparse:
    O(nnz D + s E D). A dense ``X`` that is narrower than the output is smoothed first.
    With ``n_hops=1`` this is a GCN convolution.

    Shapes: ``x`` (N, F) dense or sparse CSR, ``adj`` (N, N) → (N, D).

    Parameters
    ----------
    in_channels, out_channels
        F and D.
    n_hops
        Smoothing steps s ≥ 0.
    """

    def __init__(self, in_channels: int, out_channels: int, *, n_hops: int = 1) -> None:
        super().__init__()
        _validate.at_least("n_hops", n_hops, 0)
        self.n_hops = n_hops
        self.linear = nn.Linear(in_channels, out_channels)

    def forward(self, x: Tensor, adj: Tensor) -> Tensor:
        """The smoothed linear map; see the class."""
        weight, bias = self.linear.weight, self.linear.bias
        if x.layout == torch.strided and x.shape[1] < weight.shape[0]:
            return self.linear(smooth(adj, x, self.n_hops))
        return smooth(adj, x @ weight.T, self.n_hops) + bias
