"""Neighbourhood alignment: a cell in one view is close to its neighbours in the other."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric import EdgeIndex

from scrcl_geo import _validate
from scrcl_geo._messages import aggregate, degree
from scrcl_geo.losses._columns import log_normalizer, sum_over_columns


class NeighborhoodAlignment(nn.Module):
    r"""Mean divergence of a cell to its graph neighbours, relative to that to all other cells.

    With :math:`p_i = \sigma(u_{1i}/\tau)`, :math:`q_j = \sigma(u_{2j}/\tau)` and
    :math:`D_{ij} = KL(p_i \| q_j) + KL(q_j \| p_i)`,

    .. math::
        L = \frac{1}{N} \sum_i
            \frac{\sum_{j \in N(i) \cup \{i\}} D_{ij} / (d_i + 1)}{\sum_{j \ne i} D_{ij} / (N - 1)}

    Source: scRCL (Peng et al., AAAI 2026, arXiv 2512.10640), neighbourhood alignment loss. The N × N
    matrix D is never formed: sums of D over all cells and over neighbours have closed forms.

    Shapes: ``z1``, ``z2`` (N, D), ``edges`` undirected ``EdgeIndex`` (2, E) without self-loops → scalar.
    O(E D + N D).

    Parameters
    ----------
    temperature
        Softmax temperature τ > 0.
    """

    def __init__(self, temperature: float = 1.0) -> None:
        super().__init__()
        _validate.positive("temperature", temperature)
        self.temperature = temperature

    def forward(self, z1: Tensor, z2: Tensor, edges: EdgeIndex) -> Tensor:
        """The loss; see the class."""
        n_cells = z1.shape[0]
        n_neighbors = degree(edges, z1.dtype)  # (N,)
        norms = [log_normalizer(z, self.temperature) for z in (z1, z2)]  # (N, 1)
        near, far = sum_over_columns(self._sums, (z1, z2), *norms, edges, n_neighbors)  # (N,)
        near = near / (n_neighbors + 1)
        far = far / max(n_cells - 1, 1)
        # duplicate cells may leave nothing to compare with: 0 / 0 counts as 0
        return (near / far.clamp_min(torch.finfo(z1.dtype).eps)).mean()

    def _sums(
        self, z1: Tensor, z2: Tensor, norm1: Tensor, norm2: Tensor, edges: EdgeIndex, n_neighbors: Tensor
    ) -> Tensor:
        """Sums of D over a cell's neighbours and itself, and over all other cells, (2, N)."""
        log_p, log_q = z1 / self.temperature - norm1, z2 / self.temperature - norm2
        p, q = log_p.exp(), log_q.exp()

        # D_ij = (p_i − q_j)·(log p_i − log q_j) does not change when one constant row is taken off p and q
        # and another off their logarithms. Centring on the means of view 2 removes the cancellation
        # between sums over all cells that float32 cannot carry.
        log_center, center = _mean(log_q).detach(), _mean(q).detach()
        log_p, log_q = log_p - log_center, log_q - log_center
        p, q = p - center, q - center

        a = (p * log_p).sum(dim=1)  # (N,)
        b = (q * log_q).sum(dim=1)  # (N,)
        itself = ((p - q) * (log_p - log_q)).sum(dim=1)  # (N,) D_ii
        everyone = len(a) * a + _sum(b) - p @ _sum(log_q) - log_p @ _sum(q)  # (N,) Σ_j D_ij
        # one product for the three neighbour sums
        summed = aggregate(edges, torch.cat([b[:, None], log_q, q], dim=1))  # (N, 1 + 2 D)
        sum_b, near_log_q, near_q = summed.split([1, z1.shape[1], z1.shape[1]], dim=1)
        neighbors = n_neighbors * a + sum_b[:, 0] - (p * near_log_q).sum(dim=1) - (log_p * near_q).sum(dim=1)
        return torch.stack([neighbors + itself, everyone - itself])

    def extra_repr(self) -> str:
        """Arguments, for ``repr``."""
        return f"temperature={self.temperature}"


def _sum(x: Tensor) -> Tensor:
    return x.sum(dim=0, dtype=torch.float64).to(x.dtype)


def _mean(x: Tensor) -> Tensor:
    return x.mean(dim=0, dtype=torch.float64).to(x.dtype)
