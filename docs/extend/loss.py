"""A loss: any module ``(z1, z2, edges) -> scalar``, put into an objective with a weight."""

import torch
from torch import Tensor, nn

import scrcl_geo as sg
from scrcl_geo.losses import DistributionAlignment, NeighborhoodAlignment, Objective, Term


class Decorrelation(nn.Module):
    """Different columns of the two views should say different things: (N, D), (N, D) → ()."""

    def forward(self, z1: Tensor, z2: Tensor, edges: Tensor) -> Tensor:
        correlation = z1.T @ z2 / len(z1)  # (D, D)
        return (correlation - torch.diag(correlation.diagonal())).square().sum()


def main() -> list[str]:
    adata = sg.datasets.toy(n_slides=1, n_cells=200)
    sg.pp.graph(adata)
    objective = Objective(
        Term(DistributionAlignment(), on="u"),
        Term(NeighborhoodAlignment(), on="u"),
        Term(Decorrelation(), on="z", weight=0.1),
    )
    model = sg.ScRCL(objective=objective).fit(adata, max_epochs=3, progress=False)
    return list(model.log_.losses[-1])


if __name__ == "__main__":
    main()
