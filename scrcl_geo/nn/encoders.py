"""Encoders of one relation: a cell by itself, and the two views of the paper.

Those of the paper have PyG's own encoder signature ``forward(x, edge_index, edge_weight)``, so any
convolution or model of ``torch_geometric.nn`` can stand in their place.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import gelu, leaky_relu, relu

from scrcl_geo.nn.by_rows import by_rows
from scrcl_geo.nn.dropout import Dropout
from scrcl_geo.nn.propagation import SmoothedLinear


class MLPEncoder(nn.Module):
    """Smoothed features, one linear map, ReLU: the paper's MLP view.

    Shapes: ``x`` (N, F) dense or sparse CSR, ``edge_index`` (2, E), ``edge_weight`` (E,) → (N, D).
    Source: scRCL (arXiv 2512.10640), view 1, whose text names LeakyReLU; the published code has ReLU.
    """

    def __init__(self, in_channels: int, out_channels: int, *, n_hops: int = 0) -> None:
        super().__init__()
        self.project = SmoothedLinear(in_channels, out_channels, n_hops=n_hops)

    def forward(self, x: Tensor, edge_index: Tensor, edge_weight: Tensor | None = None) -> Tensor:
        """Encode; see the class."""
        return relu(self.project(x, edge_index, edge_weight))


class CellEncoder(nn.Module):
    """A cell by itself: a hidden layer with GELU and dropout, one linear map.

    Shapes: ``x`` (N, F) → (N, D).
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, hidden_channels: int = 128, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.hidden = nn.Linear(in_channels, hidden_channels)
        self.dropout = Dropout(dropout)
        self.out = nn.Linear(hidden_channels, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Encode; see the class."""
        return by_rows(lambda rows: self.out(self.dropout(gelu(self.hidden(rows)))), x)


class GCNEncoder(nn.Module):
    """Two GCN convolutions on smoothed features, dropout, one linear map: the paper's GNN view.

    LeakyReLU follows each of the three; dropout stands before the last alone.

    Shapes: ``x`` (N, F) dense or sparse CSR, ``edge_index`` (2, E), ``edge_weight`` (E,) → (N, D).
    ``n_hops`` steps of smoothing come before the first weights; the first convolution's own is one of them.

    Source: scRCL (arXiv 2512.10640), view 2.
    """

    def __init__(self, in_channels: int, out_channels: int, *, n_hops: int = 1, dropout: float = 0.1) -> None:
        super().__init__()
        self.conv1 = SmoothedLinear(in_channels, out_channels, n_hops=n_hops, glorot=True)
        self.conv2 = SmoothedLinear(out_channels, out_channels, n_hops=1, glorot=True)
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(out_channels, out_channels)

    def forward(self, x: Tensor, edge_index: Tensor, edge_weight: Tensor | None = None) -> Tensor:
        """Encode; see the class."""
        h = leaky_relu(self.conv1(x, edge_index, edge_weight))
        h = leaky_relu(self.conv2(h, edge_index, edge_weight))
        return leaky_relu(self.linear(self.dropout(h)))
