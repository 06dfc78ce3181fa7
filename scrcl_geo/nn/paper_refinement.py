"""The refinement of the paper, which knows the cells it was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, relu

from scrcl_geo import _keys, _validate
from scrcl_geo.nn.propagation import glorot_linear
from scrcl_geo.nn.refinement import among_genes

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData


class PaperRefinement(nn.Module):
    r"""The paper's transductive refinement, :math:`z = \mathrm{normalise}((h P + b) Q)`.

    :math:`Q = ReLU(\hat B X_1^T W + c)` with :math:`X_1` what the view of the cell itself reads, a column per
    gene, and one row of W per cell, so it is bound to the cells it was trained on. It is computed as
    :math:`h (P Q) + b Q`: the (N, G) product never exists.
    Source: scRCL (arXiv 2512.10640), refinement module.

    Shapes: ``h`` (N, D) → (N, K), (G, K). O(N G K + G D K + N D K).

    Parameters
    ----------
    in_channels, out_channels
        D and K.
    n_cells, n_genes
        N and G.
    dropout
        Of the entries of ``h``.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, n_cells: int, n_genes: int, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.gene = glorot_linear(n_cells, out_channels)
        self.project = nn.Linear(in_channels, n_genes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, h: Tensor, data: HeteroData) -> tuple[Tensor, Tensor]:
        """Refined cells (N, K), rows of unit length, and genes (G, K).

        Raises
        ------
        ScrclInputError
            The cells' features are not the expression of the genes, or these are other cells.
        """
        genes = self._genes(data)
        return self._refined(h, *self._mixed(genes)), genes

    def pair(self, h1: Tensor, h2: Tensor, data: HeteroData) -> tuple[Tensor, Tensor, Tensor]:
        """Both views (N, K) and the genes, for which the products of genes alone are made once."""
        genes = self._genes(data)
        mixed = self._mixed(genes)
        return self._refined(h1, *mixed), self._refined(h2, *mixed), genes

    def _genes(self, data: HeteroData) -> Tensor:
        cells = data[_keys.CELL]
        x = cells.get("x1", cells.x)
        if x.shape != (self.gene.in_channels, self.project.out_features) or x.layout != torch.strided:
            raise _validate.fail(
                "the paper's refinement cannot read the features of the cells",
                f"{tuple(x.shape)} for {self.gene.in_channels} cells and {self.project.out_features} genes",
                "give it the dense expression, use_rep='counts' or 'scaled', of the cells of training",
            )
        return relu(among_genes(x.T @ self.gene.weight.T, data) + self.gene.bias)  # (G, K)

    def _mixed(self, genes: Tensor) -> tuple[Tensor, Tensor]:
        return self.project.weight.T @ genes, self.project.bias @ genes  # P Q (D, K), b Q (K,)

    def _refined(self, h: Tensor, mixed: Tensor, shift: Tensor) -> Tensor:
        return normalize(self.dropout(h) @ mixed + shift, dim=1)  # (N, K)
