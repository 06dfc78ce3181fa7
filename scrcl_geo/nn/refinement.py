"""Refinement: cell embeddings rewritten in terms of gene embeddings."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, normalize, relu

from scrcl_geo.nn.smoothing import propagate
from scrcl_geo.nn.sparse import SparseOperator


class BipartiteRefinement(nn.Module):
    r"""Cell → gene → gene → cell message passing over the edges of expression.

    .. math::
        Q = \phi\big(\hat B \tilde X^T H W_g\big), \qquad
        z_i = \mathrm{normalise}\big(h_i W_h + (\tilde X Q)_i W_m\big)

    with :math:`\tilde X = D_c^{-1/2} X D_g^{-1/2}` the normalised bipartite graph and :math:`\hat B` the
    normalised co-expression graph. A gene is what the cells that express it are.

    Differs from the paper: its gene encoder has one weight row per cell and can see neither new cells nor
    a mini-batch; here no weight depends on N or G.

    Shapes: ``h`` (N, D), ``expresses`` operator (N, G), ``coexpressed`` (G, G) → (N, K), (G, K).
    O(nnz K + E_g K + N D K).
    """

    def __init__(self, in_channels: int, out_channels: int, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.to_gene = nn.Linear(in_channels, out_channels, bias=False)
        self.itself = nn.Linear(in_channels, out_channels, bias=False)
        self.to_cell = nn.Linear(out_channels, out_channels, bias=False)

    def genes(self, h: Tensor, expresses: SparseOperator, coexpressed: Tensor) -> Tensor:
        """Gene embeddings Q (G, K) from cell embeddings (N, D)."""
        messages = expresses.T @ self.to_gene(h)  # (G, K)
        return leaky_relu(propagate(coexpressed, messages))

    def forward(self, h: Tensor, expresses: SparseOperator, coexpressed: Tensor) -> tuple[Tensor, Tensor]:
        """Refined cells (N, K), rows of unit length, and genes (G, K)."""
        h = self.dropout(h)
        genes = self.genes(h, expresses, coexpressed)
        refined = self.itself(h) + self.to_cell(expresses @ genes)  # (N, K)
        return normalize(refined, dim=1), genes


class PaperRefinement(nn.Module):
    r"""The paper's transductive refinement, :math:`z = \mathrm{normalise}((h P + b) Q)`.

    :math:`Q = ReLU(\hat B X^T W)` with one weight row per cell, so it is bound to the cells it was
    trained on. It is computed as :math:`h (P Q) + b Q`: the (N, G) product never exists.
    Source: scRCL (arXiv 2512.10640), refinement module.

    Shapes: ``h`` (N, D), ``expresses`` operator (N, G), ``coexpressed`` (G, G) → (N, K), (G, K).
    O(nnz K + G D K + N D K).
    """

    def __init__(
        self, in_channels: int, out_channels: int, n_cells: int, n_genes: int, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.cell_weight = nn.Parameter(torch.empty(n_cells, out_channels))
        nn.init.xavier_uniform_(self.cell_weight)
        self.to_gene = nn.Linear(in_channels, n_genes)

    def forward(self, h: Tensor, expresses: SparseOperator, coexpressed: Tensor) -> tuple[Tensor, Tensor]:
        """Refined cells (N, K), rows of unit length, and genes (G, K)."""
        genes = relu(propagate(coexpressed, expresses.T @ self.cell_weight))  # (G, K)
        mixed = self.to_gene.weight.T @ genes  # (D, K) = P Q
        refined = self.dropout(h) @ mixed + self.to_gene.bias @ genes  # (N, K)
        return normalize(refined, dim=1), genes
