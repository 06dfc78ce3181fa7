"""Message passing without weights of its own: one hop of graph smoothing, and several."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.nn import Linear

from scrcl_geo import _validate
from scrcl_geo._messages import aggregate
from scrcl_geo.nn.weighted_sum import WeightedSum


class Propagation(WeightedSum):
    r"""One hop of symmetric smoothing, :math:`\hat A x = \tilde D^{-1/2} (A + I) \tilde D^{-1/2} x`.

    Shapes: ``x`` (N, D), ``edge_index`` (2, E), ``edge_weight`` (E,) ≥ 0 → (N, D). O(E D).
    Source: Kipf & Welling, ICLR 2017, the propagation rule of GCN.

    Examples
    --------
    >>> import torch
    >>> pair = torch.tensor([[0, 1], [1, 0]])
    >>> [round(float(x), 3) for x in Propagation()(torch.tensor([[0.0], [1.0]]), pair)]
    [0.5, 0.5]
    """

    def forward(self, x: Tensor, edge_index: Tensor, edge_weight: Tensor | None = None) -> Tensor:
        """The smoothed features; see the class."""
        ones = torch.ones(len(x), 1, dtype=x.dtype, device=x.device)
        scale = torch.rsqrt(aggregate(edge_index, ones, edge_weight) + 1)  # (N, 1)
        x = scale * x
        return scale * (self.propagate(edge_index, x=x, edge_weight=edge_weight, reverse=None) + x)


_ONE_HOP = Propagation()


def smooth(x: Tensor, edge_index: Tensor, edge_weight: Tensor | None = None, *, n_hops: int = 1) -> Tensor:
    """``n_hops`` times :class:`Propagation`; 0 hops give ``x`` itself."""
    for _ in range(n_hops):
        x = _ONE_HOP(x, edge_index, edge_weight)
    return x


def glorot_linear(in_channels: int, out_channels: int) -> Linear:
    """A linear map with the weights that a seed gives PyG's ``GCNConv``, Glorot's, and no bias at first."""
    linear = Linear(in_channels, out_channels, weight_initializer="glorot", bias_initializer="zeros")
    linear.reset_parameters()  # GCNConv draws its weights twice, and the second time counts
    return linear


class SmoothedLinear(nn.Module):
    r"""Linear map of smoothed features, :math:`\hat A^s X W + b`, in the cheaper of its two equal orders.

    Smoothing commutes with the linear map, so a sparse ``X`` is multiplied first and stays sparse:
    O(nnz D + s E D). A dense ``X`` that is narrower than the output is smoothed first.
    With ``n_hops=1`` this is a GCN convolution.

    Shapes: ``x`` (N, F) dense or sparse CSR, ``edge_index`` (2, E), ``edge_weight`` (E,) → (N, D).

    Parameters
    ----------
    in_channels, out_channels
        F and D.
    n_hops
        Smoothing steps s ≥ 0.
    glorot
        Start as PyG's ``GCNConv`` instead of as a linear map; see :func:`glorot_linear`.
    """

    def __init__(self, in_channels: int, out_channels: int, *, n_hops: int = 1, glorot: bool = False) -> None:
        super().__init__()
        _validate.at_least("n_hops", n_hops, 0)
        self.n_hops = n_hops
        self.linear = (
            glorot_linear(in_channels, out_channels) if glorot else nn.Linear(in_channels, out_channels)
        )

    def forward(self, x: Tensor, edge_index: Tensor, edge_weight: Tensor | None = None) -> Tensor:
        """The smoothed linear map; see the class."""
        weight, bias = self.linear.weight, self.linear.bias
        if x.layout == torch.strided and x.shape[1] < weight.shape[0]:
            return self.linear(smooth(x, edge_index, edge_weight, n_hops=self.n_hops))
        return smooth(x @ weight.T, edge_index, edge_weight, n_hops=self.n_hops) + bias
