"""View consistency: cosine similarities across views reproduce the cell graph."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch_geometric import EdgeIndex

from scrcl_geo._messages import aggregate


class ViewConsistency(nn.Module):
    r"""Mean squared difference between cross-view cosine similarity and the graph with self-loops.

    .. math::
        L = \frac{1}{N^2} \sum_{ij} \left( \cos(z_{1i}, z_{2j}) - (A + I)_{ij} \right)^2

    Source: scRCL (Peng et al., AAAI 2026, arXiv 2512.10640), view consistency loss, in the exact form
    :math:`tr((Z_1^T Z_1)(Z_2^T Z_2)) - 2 (\sum_{(i,j) \in E} z_{1i} z_{2j} + \sum_i z_{1i} z_{2i}) + E + N`.

    Shapes: ``z1``, ``z2`` (N, K), ``edges`` undirected ``EdgeIndex`` (2, E) without self-loops → scalar.
    O(E K + N K²): quadratic in the width K alone.

    Parameters
    ----------
    per_cell
        Divide by N instead of N². Differs from the paper: there, the pull of a cell's neighbours fades as
        1/N, so one weight cannot serve data of different size. So that the push of all other cells does not
        grow without bound either, it counts at most ``max_cells`` of them, on average.
    max_cells
        See ``per_cell``.
    """

    def __init__(self, *, per_cell: bool = False, max_cells: int = 20_000) -> None:
        super().__init__()
        self.per_cell = per_cell
        self.max_cells = max_cells

    def forward(self, z1: Tensor, z2: Tensor, edges: EdgeIndex) -> Tensor:
        """The loss; see the class."""
        n_cells = z1.shape[0]
        z1, z2 = normalize(z1, dim=1), normalize(z2, dim=1)
        gram = (z1.T @ z1) * (z2.T @ z2)  # (K, K)
        linked = z1 * (aggregate(edges, z2) + z2)  # (N, K)
        everyone = gram.sum(dtype=torch.float64)  # Σ_ij
        linked = (edges.shape[1] + n_cells) - 2 * linked.sum(dtype=torch.float64)
        if self.per_cell:
            return ((everyone * min(1.0, self.max_cells / n_cells) + linked) / n_cells).to(z1.dtype)
        return ((everyone + linked) / n_cells**2).to(z1.dtype)

    def extra_repr(self) -> str:
        """Arguments, for ``repr``."""
        return f"per_cell={self.per_cell}, max_cells={self.max_cells}"
