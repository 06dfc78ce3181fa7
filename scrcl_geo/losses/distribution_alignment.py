"""Distribution alignment: both views put their mass on the same entries."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from scrcl_geo import _validate
from scrcl_geo.losses._columns import log_normalizer, sum_over_columns


class DistributionAlignment(nn.Module):
    r"""Symmetric KL divergence between the two views as distributions, globally and per cell.

    .. math::
        L = J(\sigma_{all}(u_1/\tau), \sigma_{all}(u_2/\tau))
            + \tfrac{1}{2N} \sum_i J(\sigma(u_{1i}/\tau), \sigma(u_{2i}/\tau)),
        \qquad J(p, q) = KL(p \| q) + KL(q \| p)

    with :math:`\sigma_{all}` the softmax over all N·D entries and :math:`\sigma` over one row.
    Source: scRCL (Peng et al., AAAI 2026, arXiv 2512.10640), distribution alignment loss.

    Shapes: ``z1``, ``z2`` (N, D) → scalar. O(N D). ``edges`` is not used.

    Parameters
    ----------
    temperature
        Softmax temperature τ > 0.

    Examples
    --------
    >>> import torch
    >>> z = torch.randn(5, 3)
    >>> float(DistributionAlignment()(z, z, None))
    0.0
    """

    def __init__(self, temperature: float = 1.0) -> None:
        super().__init__()
        _validate.positive("temperature", temperature)
        self.temperature = temperature

    def forward(self, z1: Tensor, z2: Tensor, edges: Tensor | None = None) -> Tensor:
        """The loss; see the class."""
        rows = [log_normalizer(z, self.temperature) for z in (z1, z2)]  # (N, 1)
        whole = [torch.logsumexp(row, dim=0, keepdim=True) for row in rows]  # (1, 1)
        over_all, per_cell = sum_over_columns(self._divergences, (z1, z2), *rows, *whole)  # (N,)
        return (over_all.sum() + 0.5 * per_cell.mean()).to(z1.dtype)

    def _divergences(
        self, z1: Tensor, z2: Tensor, row1: Tensor, row2: Tensor, whole1: Tensor, whole2: Tensor
    ) -> Tensor:
        """Each cell's summands of J over all entries, and its own J, float64 (2, N)."""
        log_p, log_q = z1 / self.temperature - row1, z2 / self.temperature - row2
        p, q = log_p.exp(), log_q.exp()
        # a cell's share of all mass turns its own softmax into its part of the one over all entries
        share1, share2 = row1 - whole1, row2 - whole2  # (N, 1) logarithms
        # KL(p‖q) + KL(q‖p) = Σ (p − q)(log p − log q): every summand is ≥ 0, nothing cancels
        difference = log_p - log_q
        over_all = (p * share1.exp() - q * share2.exp()) * (difference + (share1 - share2))
        per_cell = (p - q) * difference
        return torch.stack([part.sum(dim=1, dtype=torch.float64) for part in (over_all, per_cell)])

    def extra_repr(self) -> str:
        """Arguments, for ``repr``."""
        return f"temperature={self.temperature}"
