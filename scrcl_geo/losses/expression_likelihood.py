"""Likelihood of the expression of hidden cells, given what is seen at their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.modules.lazy import LazyModuleMixin

from scrcl_geo import _keys, _validate
from scrcl_geo._messages import at_hand, edges_into, plain, positions
from scrcl_geo.losses._gene_likelihood import weighted_cross_entropy

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

_FLOOR = 0.1  # of the median variance, added to each gene's: what hardly varies is not blown up


class ExpressionLikelihood(LazyModuleMixin, nn.Module):
    r"""Negative log-likelihood of a hidden cell's expression at a place, by either view and by both.

    For sampled places i with a hidden cell j,

    .. math::
        L = - \sum_{v \in \{1, 2, 12\}} \frac{1}{|S_v|} \sum_{(i, j) \in S_v} \sum_g \tilde x_{jg}
            \log \sigma_g\big(s\, z_{vi} \cdot q_g + b_g\big)

    with :math:`q_g` the gene's embedding and :math:`\tilde x_j` the expression of cell j as shares: log
    expression as soft counts, plus the same in units of each gene's spread. The first is led by common genes,
    the second gives every gene a say. Both views answer the same question through the same genes, so they
    come to lie in one space without any term that pulls them together.

    In tissue a place is a cell and those near it: :math:`z_{12}` is the mean of both views where the cell
    is seen, and the first view answers there alone, so what a cell shows of itself counts as far as it
    tells about the place. Without space each cell is its own place, and the first view reads what it is
    asked for. There kinds of cells are what is sought, and common ones must not drown rare ones: cells are
    drawn evenly over small groups (``even``, (N,) weights).

    Not of the paper. Source of the idea to predict what is masked: He et al., CVPR 2022 (images); of even
    draws: Hie et al., Cell Systems 2019 (geometric sketching).

    Shapes: views with ``z1``, ``z2`` (N, K) and ``genes`` (G, K); a graph with ``hidden`` and ``target`` (N,)
    as :class:`scrcl_geo.graph.MaskCells` draws them, and expression → scalar. O(samples · G · K) and O(E) for
    the draw. What hangs on the genes is taken from the first call.

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
        self.gene_weight = nn.UninitializedParameter(requires_grad=False)

    def initialize_parameters(self, views: Any, data: HeteroData) -> None:
        """Take each gene's weight from its spread, and from its share of expression where its bias starts."""
        if not self.has_uninitialized_params():
            return
        gene_weight, log_share = gene_scales(data)
        with torch.no_grad():
            self.gene_weight.materialize(gene_weight.shape, device=gene_weight.device)
            self.gene_weight.copy_(gene_weight)
            self.bias.materialize(log_share.shape, device=log_share.device)
            self.bias.copy_(log_share)

    def forward(self, views: Any, data: HeteroData) -> Tensor:
        """The loss; see the class."""
        places, cells, told = self._pairs(data)
        if not len(places):
            return 0.0 * views.z2.sum()
        shares = expression_rows(data, cells) * self.gene_weight  # (S, G)
        shares.div_(shares.sum(dim=1, keepdim=True).clamp_min(torch.finfo(shares.dtype).tiny))
        first, second = views.z1[places], views.z2[places]
        both = (first + second) / 2
        of_first = told
        if _keys.NEAR in data.edge_types:
            seen = ~data[_keys.CELL].hidden[places]
            both = torch.where(seen[:, None], both, second)
            of_first = told & seen
        asked = torch.stack([told, of_first, told]).to(shares.dtype)
        return weighted_cross_entropy(
            self.log_scale.exp() * torch.stack([second, first, both]),
            views.genes,
            self.bias,
            shares,
            asked / asked.sum(dim=1, keepdim=True).clamp_min(1),
        )

    def _pairs(self, data: HeteroData) -> tuple[Tensor, Tensor, Tensor]:
        """Places and a cell at each, (S,) both, and which of the cells are targets.

        All are, but for a GPU, which is not asked how many there are: all cells are drawn from there, others
        than targets where there is no target alone.
        """
        cells = data[_keys.CELL]
        if "target" not in cells:
            remedy = "train with a mask_rate above 0, or with another objective"
            raise _validate.fail("nothing is hidden for ExpressionLikelihood to ask for", "no masks", remedy)
        counted = at_hand(cells.target)
        sources = places = (
            positions(cells.target) if counted else torch.arange(len(cells.x), device=cells.x.device)
        )
        if _keys.NEAR in data.edge_types:
            source, place = plain(data[_keys.NEAR].edge_index)
            if counted:
                known = positions(cells.target.index_select(0, source))
                source, place = source[known], place[known]
            sources, places = torch.cat([source, sources]), torch.cat([place, places])
        if not len(sources):
            return places, sources, sources > 0
        weight = cells.even[sources] if "even" in cells else torch.ones(len(sources), device=sources.device)
        if not counted:
            weight = weight * cells.target[sources] + torch.finfo(weight.dtype).tiny
        drawn = torch.multinomial(weight, self.n_samples, replacement=True)
        drawn_sources = sources[drawn]
        return places[drawn], drawn_sources, cells.target[drawn_sources]

    def extra_repr(self) -> str:
        """Arguments, for ``repr``."""
        return f"n_samples={self.n_samples}"


def gene_scales(data: HeteroData) -> tuple[Tensor, Tensor]:
    """Weight of each gene, from its spread, and log of its share of weighted expression, (G,) both."""
    store, n_cells = data[_keys.EXPRESSED_BY], int(data[_keys.CELL].num_nodes)
    genes, weight = plain(store.edge_index)[0], store.edge_weight
    zeros = torch.zeros(int(data[_keys.GENE].num_nodes), device=weight.device)
    totals = zeros.index_add(0, genes, weight)
    variance = zeros.index_add(0, genes, weight.square()) / n_cells - (totals / n_cells).square()
    scale = torch.rsqrt(variance + _FLOOR * variance.median() + torch.finfo(weight.dtype).tiny)
    gene_weight = 1 + scale * totals.sum() / (totals * scale).sum()
    totals = totals * gene_weight
    return gene_weight, (totals + totals.sum() / 1e6).log() - totals.sum().log()


def expression_rows(data: HeteroData, cells: Tensor) -> Tensor:
    """Expression of some cells, dense (S, G)."""
    store = data[_keys.EXPRESSED_BY]
    genes, n_genes = plain(store.edge_index)[0], int(data[_keys.GENE].num_nodes)
    found = torch.zeros(len(cells), n_genes, device=cells.device)
    if at_hand(cells):
        row, at = edges_into(store.edge_index, cells)
        found[row, genes[at]] = store.edge_weight[at]
        return found
    # a GPU would have to be asked how many edges these cells have: as many as there are genes at most
    pointers, number = store.edge_index.get_csc()[0][0], torch.arange(n_genes, device=cells.device)
    start = pointers[cells][:, None]
    own = number < pointers[cells + 1][:, None] - start  # (S, G)
    at = torch.where(own, start + number, 0)
    return found.scatter_add_(1, genes[at].long(), store.edge_weight[at] * own)
