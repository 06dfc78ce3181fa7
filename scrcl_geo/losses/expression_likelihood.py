"""Likelihood of the expression of hidden cells, given what is seen at their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.modules.lazy import LazyModuleMixin

from scrcl_geo import _keys, _validate
from scrcl_geo._messages import plain

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData


class ExpressionLikelihood(LazyModuleMixin, nn.Module):
    r"""Negative log-likelihood of a hidden cell's expression at a place, by either view and by both.

    For sampled places i with a hidden cell j, the cell itself or one linked to it,

    .. math::
        L = - \sum_{v \in \{1, 2, 12\}} \frac{1}{|S_v|} \sum_{(i, j) \in S_v} \sum_g \tilde x_{jg}
            \log \sigma_g\big(s\, z_{vi} \cdot q_g + b_g\big)

    with :math:`\tilde x_j` the expression of cell j as shares (a multinomial of log expression as soft
    counts) and :math:`q_g` the gene's embedding. The first view answers for cells that are seen;
    :math:`z_{12}` is the mean of both views there. Both views answer the same question through the same genes,
    so they come to lie in one space without any term that pulls them together, and what a cell shows of itself
    counts as far as it tells about the place. One random hidden cell per place is unbiased for the mean over all of them.

    Not of the paper. Source of the idea to predict what is masked: He et al., CVPR 2022 (images).

    Shapes: views with ``z1``, ``z2`` (N, K) and ``genes`` (G, K); a graph with ``hidden`` and ``target`` (N,)
    as :class:`scrcl_geo.graph.MaskCells` draws them, the joined cell graph and expression → scalar.
    O(samples · G · K) and O(E) for the draw. The numbers of genes are taken from the first call.

    Parameters
    ----------
    n_samples
        Places drawn at each call.
    """

    def __init__(self, *, n_samples: int = 256) -> None:
        super().__init__()
        _validate.at_least("n_samples", n_samples, 1)
        self.n_samples = n_samples
        self.log_scale = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.UninitializedParameter()

    def initialize_parameters(self, views: Any, data: HeteroData) -> None:
        """Take the genes' shares of all expression as the start of their biases."""
        if not self.has_uninitialized_params():
            return
        store = data[_keys.EXPRESSES]
        totals = torch.zeros(int(data[_keys.GENE].num_nodes), device=store.edge_weight.device)
        totals.index_add_(0, plain(store.edge_index)[1], store.edge_weight)
        with torch.no_grad():
            self.bias.materialize(totals.shape)
            self.bias.copy_((totals + totals.sum() / 1e6).log() - totals.sum().log())

    def forward(self, views: Any, data: HeteroData) -> Tensor:
        """The loss; see the class."""
        hidden = data[_keys.CELL].hidden
        places, cells = self._pairs(data)
        if not len(places):
            return 0.0 * views.z2.sum()
        shares = _shares(data, cells)  # (S, G)
        seen = ~hidden[places]
        first, second = views.z1[places], views.z2[places]
        both = torch.where(seen[:, None], (first + second) / 2, second)
        return (
            self._loss(first[seen], shares[seen], views.genes)
            + self._loss(second, shares, views.genes)
            + self._loss(both, shares, views.genes)
        )

    def _loss(self, z: Tensor, shares: Tensor, genes: Tensor) -> Tensor:
        if not len(z):
            return 0.0 * z.sum()
        logits = self.log_scale.exp() * (z @ genes.T) + self.bias  # (S, G)
        return -(logits.log_softmax(dim=1) * shares).sum(dim=1).mean()

    def _pairs(self, data: HeteroData) -> tuple[Tensor, Tensor]:
        """Places and a target at each, (S,) both: targets themselves, and what is linked to one."""
        target = data[_keys.CELL].target
        source, place = plain(data[_keys.LINKED].edge_index)
        known = target[source]
        itself = target.nonzero()[:, 0]
        sources, places = torch.cat([source[known], itself]), torch.cat([place[known], itself])
        if not len(sources):
            return places, sources
        drawn = torch.randint(len(sources), (self.n_samples,), device=sources.device)
        return places[drawn], sources[drawn]

    def extra_repr(self) -> str:
        """Arguments, for ``repr``."""
        return f"n_samples={self.n_samples}"


def _shares(data: HeteroData, cells: Tensor) -> Tensor:
    """Expression of some cells as shares of their sum, dense (S, G)."""
    store = data[_keys.EXPRESSED_BY]
    (pointers, genes), _ = store.edge_index.get_csc()
    start, n_genes = pointers[cells], pointers[cells + 1] - pointers[cells]
    row = torch.arange(len(cells), device=cells.device).repeat_interleave(n_genes)
    first = (n_genes.cumsum(0) - n_genes).repeat_interleave(n_genes)
    at = start[row] + torch.arange(len(row), device=cells.device) - first
    found = torch.zeros(len(cells), int(data[_keys.GENE].num_nodes), device=cells.device)
    found[row, genes[at]] = store.edge_weight[at]
    return found / found.sum(dim=1, keepdim=True).clamp_min(torch.finfo(found.dtype).tiny)
