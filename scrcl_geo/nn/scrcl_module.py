"""The network: two views of the cells, refined through the genes."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from scrcl_geo import _validate
from scrcl_geo.nn.tensors import GraphTensors


class Views(NamedTuple):
    """Two encodings of the same cells.

    Shapes: view embeddings ``u1``, ``u2`` (N, D) and refined embeddings ``z1``, ``z2`` (N, K), rows of
    unit length; ``genes`` (G, K), averaged over the views.
    """

    u1: Tensor
    u2: Tensor
    z1: Tensor
    z2: Tensor
    genes: Tensor

    def side_by_side(self, on: str) -> Tensor:
        """Both views in one matrix: (N, 2 D) on ``"u"``, (N, 2 K) on ``"z"``."""
        _validate.one_of("on", on, ("u", "z"))
        return torch.cat((self.u1, self.u2) if on == "u" else (self.z1, self.z2), dim=1)


class ScRCLModule(nn.Module):
    """Two encoders and one shared refinement.

    Source: scRCL (arXiv 2512.10640), architecture.

    Parameters
    ----------
    encoder1, encoder2
        Modules with ``forward(x: (N, F), adj) -> (N, D)``, PyG's own signature.
    refinement
        Module with ``forward(h, expresses, coexpressed) -> ((N, K), (G, K))``, shared by the views.
    """

    def __init__(self, encoder1: nn.Module, encoder2: nn.Module, refinement: nn.Module) -> None:
        super().__init__()
        self.encoder1 = encoder1
        self.encoder2 = encoder2
        self.refinement = refinement

    def forward(self, batch: GraphTensors) -> Views:
        """Both views of one batch."""
        h1 = self.encoder1(batch.x1, batch.adj)  # (N, D)
        h2 = self.encoder2(batch.x2, batch.adj)
        z1, genes1 = self.refinement(h1, batch.expresses, batch.coexpressed)  # (N, K), (G, K)
        z2, genes2 = self.refinement(h2, batch.expresses, batch.coexpressed)
        return Views(normalize(h1, dim=1), normalize(h2, dim=1), z1, z2, (genes1 + genes2) / 2)
