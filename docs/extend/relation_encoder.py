"""An encoder of several relations: any module that takes dicts by node and edge type.

``HeteroConv``, ``HGTConv`` and ``HANConv`` of ``torch_geometric.nn`` fit as they are.
"""

import torch
from torch import Tensor, nn

import scrcl_geo as sg

EdgeType = tuple[str, str, str]


class RelationMix(nn.Module):
    """Features smoothed over each relation of the cells, and a learned weight for each, (N, F) → (N, D)."""

    def __init__(self, in_channels: int, out_channels: int, relations: list[str]) -> None:
        super().__init__()
        self.maps = nn.ModuleDict({name: nn.Linear(in_channels, out_channels) for name in relations})
        self.weights = nn.ParameterDict({name: nn.Parameter(torch.ones(())) for name in relations})

    def forward(
        self,
        x_dict: dict[str, Tensor],
        edge_index_dict: dict[EdgeType, Tensor],
        edge_weight_dict: dict[EdgeType, Tensor],
    ) -> Tensor:
        total = torch.zeros(())
        for name, linear in self.maps.items():
            relation = ("cell", name, "cell")
            if relation in edge_index_dict:
                edges = (edge_index_dict[relation], edge_weight_dict.get(relation))
                total = total + self.weights[name] * linear(sg.nn.smooth(x_dict["cell"], *edges))
        return total


def main() -> dict[str, float]:
    adata = sg.datasets.toy(n_slides=1, n_cells=200)
    sg.pp.graph(adata)
    relations = ["similar_to", "near"]
    encoder = RelationMix(adata.obsm["X_scrcl_pca"].shape[1], 32, relations)
    model = sg.ScRCL(encoder=encoder).fit(adata, max_epochs=3, progress=False)
    trained = next(module for module in model.module_.modules() if isinstance(module, RelationMix))
    return {name: trained.weights[name].item() for name in relations}


if __name__ == "__main__":
    main()
