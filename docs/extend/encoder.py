"""An encoder: any module with PyG's signature ``forward(x, edge_index, edge_weight=None)``.

Convolutions and models of ``torch_geometric.nn`` fit as they are, such as ``GATv2Conv(-1, 16, heads=2)``.
"""

from torch import Tensor, nn
from torch.nn.functional import elu

import scrcl_geo as sg


class DeepMLP(nn.Module):
    """Two layers on smoothed features, (N, F) → (N, D)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.first = sg.nn.SmoothedLinear(in_channels, out_channels, n_hops=2)
        self.second = nn.Linear(out_channels, out_channels)

    def forward(self, x: Tensor, edge_index: Tensor, edge_weight: Tensor | None = None) -> Tensor:
        return self.second(elu(self.first(x, edge_index, edge_weight)))


def main() -> sg.nn.Views:
    adata = sg.datasets.toy(n_slides=1, n_cells=200)
    sg.pp.graph(adata)
    encoder = DeepMLP(adata.obsm["X_scrcl_pca"].shape[1], 32)
    model = sg.ScRCL(encoder=encoder).fit(adata, max_epochs=3, progress=False)
    return model.views(adata)


if __name__ == "__main__":
    main()
