"""Refinement: cell embeddings rewritten in terms of gene embeddings, by messages over expression."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, normalize

from scrcl_geo import _keys
from scrcl_geo._messages import aggregate, aggregate_back
from scrcl_geo.nn.dropout import Dropout
from scrcl_geo.nn.propagation import smooth
from scrcl_geo.nn.weighted_sum import WeightedSum

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

Edges = tuple[Tensor, Tensor | None]
_SMALL = 0.05  # spread of a gene's embedding before training
_LEAST = 1e-6  # sum of expression that counts


class ExpressionConv(WeightedSum):
    r"""Messages between cells and genes, weighted by expression: :math:`X h`, sources to targets.

    Shapes: ``x`` (n_sources, D), ``edges`` from sources to targets and ``reverse`` back, as index (2, nnz)
    and weight (nnz,) ≥ 0, ``size`` (n_sources, n_targets) → (n_targets, D). O(nnz D). Without ``edges``, for
    graphs that hold the way back alone, there is no gradient.
    """

    def forward(self, x: Tensor, edges: Edges | None, reverse: Edges, size: tuple[int, int]) -> Tensor:
        """The sums of the messages; see the class."""
        if edges is None:
            return aggregate_back(*reverse, x)
        index, weight = edges
        return self.propagate(index, size=size, x=x, edge_weight=weight, reverse=reverse)


class BipartiteRefinement(nn.Module):
    r"""Cell → gene → gene → cell message passing over the edges of expression.

    .. math::
        Q = \phi\big(\hat B \tilde X^T H W_g\big) + E, \qquad
        z_i = \mathrm{normalise}\big(h_i W_h + (\tilde X Q)_i W_m\big)

    with :math:`\tilde X` the normalised bipartite graph, :math:`\hat B` the normalised co-expression graph
    and E an embedding of the genes that is learned, where their number is given. A gene is what the cells
    that express it are. Cells send over ``(cell, expresses, gene)``, genes over ``(gene, coexpressed_with,
    gene)`` and ``(gene, rev_expresses, cell)``. Hidden cells neither send nor receive:
    :class:`ScRCLModule` takes their edges away.

    Differs from the paper: its gene encoder has one weight row per cell and can see neither new cells nor
    a mini-batch; here no weight depends on N.

    Shapes: ``h`` (N, D) → (N, K), (G, K). O(nnz K + E_g K + N D K).

    Parameters
    ----------
    in_channels, out_channels
        D and K.
    n_genes
        G, for a learned embedding of the genes; without, genes are their messages alone, and any genes fit.
    mean
        Messages are weighted means, over the cells of a gene that are seen and over the genes of a cell, so
        that their size does not hang on how many there are; otherwise :math:`\tilde X = D_c^{-1/2} X
        D_g^{-1/2}`.
    unit
        Rows of unit length, as in the paper; a likelihood needs their length too.
    dropout
        Of the entries of ``h``.
    """

    reads_weights = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        n_genes: int | None = None,
        mean: bool = False,
        unit: bool = True,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.mean, self.unit = mean, unit
        self.dropout = Dropout(dropout)
        self.messages = ExpressionConv()
        self.to_gene = nn.Linear(in_channels, out_channels, bias=False)
        self.itself = nn.Linear(in_channels, out_channels, bias=False)
        self.to_cell = nn.Linear(out_channels, out_channels, bias=False)
        self.gene_embedding = None if n_genes is None else nn.Parameter(torch.empty(n_genes, out_channels))
        if self.gene_embedding is not None:
            nn.init.normal_(self.gene_embedding, std=_SMALL)
            nn.init.zeros_(self.to_cell.weight)  # starts as the view, refined as far as training asks for it

    def start_from(self, genes: Tensor) -> None:
        """Begin with these embeddings of the genes, (G, K) of spread 1, in the place of random ones."""
        if self.gene_embedding is not None:
            with torch.no_grad():
                self.gene_embedding.copy_(_SMALL * genes)

    def forward(self, h: Tensor, data: HeteroData) -> tuple[Tensor, Tensor]:
        """Refined cells (N, K) and genes (G, K)."""
        (refined,), (genes,) = self._refined([h], data)
        return refined, genes

    def pair(self, h1: Tensor, h2: Tensor, data: HeteroData) -> tuple[Tensor, Tensor, Tensor]:
        """Two views refined, each by itself, (N, K) twice, and the mean of their genes (G, K).

        Without a gradient, which all cells at once are read without, one after the other: half the messages.
        """
        if torch.is_grad_enabled():
            (z1, z2), (genes1, genes2) = self._refined([h1, h2], data)
        else:
            (z1, genes1), (z2, genes2) = self(h1, data), self(h2, data)
        return z1, z2, (genes1 + genes2) / 2

    def _refined(self, views: list[Tensor], data: HeteroData) -> tuple[list[Tensor], list[Tensor]]:
        """Each view refined (N, K) and its genes (G, K); their messages go side by side, since what a sparse
        product takes is the way through its edges."""
        there, back, size = _expression(data)
        views = [self.dropout(h) for h in views]
        before, after = _scales(there, back, size, views[0], symmetric=not self.mean)
        told = before[0] * torch.cat([self.to_gene(h) for h in views], dim=1)  # (N, views · K)
        genes = after[1] * self.messages(told, there, back, size)
        genes = leaky_relu(among_genes(genes, data))
        if self.gene_embedding is not None:
            genes = genes + self.gene_embedding.repeat(1, len(views))
        told = after[0] * self.messages(before[1] * genes, back, there, size[::-1])
        refined = [
            self.itself(h) + self.to_cell(message)
            for h, message in zip(views, told.chunk(len(views), dim=1), strict=True)
        ]
        if self.unit:
            refined = [normalize(z, dim=1) for z in refined]
        return refined, list(genes.chunk(len(views), dim=1))


def _expression(data: HeteroData) -> tuple[Edges | None, Edges, tuple[int, int]]:
    """Edges from cells to genes, if the graph holds them, back, and the numbers of both."""
    back = data[_keys.EXPRESSED_BY]
    there = data[_keys.EXPRESSES] if _keys.EXPRESSES in data.edge_types else None
    size = (int(data[_keys.CELL].num_nodes), int(data[_keys.GENE].num_nodes))
    return (
        None if there is None else (there.edge_index, there.get("edge_weight")),
        (back.edge_index, back.get("edge_weight")),
        size,
    )


def among_genes(genes: Tensor, data: HeteroData) -> Tensor:
    """One hop over each relation among genes, averaged."""
    stores = [data[t] for t in data.edge_types if t[0] == t[2] == _keys.GENE]
    if not stores:
        return genes
    hops = [smooth(genes, store.edge_index, store.get("edge_weight")) for store in stores]
    return torch.stack(hops).mean(dim=0) if len(hops) > 1 else hops[0]


def _scales(
    there: Edges | None, back: Edges, size: tuple[int, int], like: Tensor, *, symmetric: bool
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Factors of cells (N, 1) and genes (G, 1) before and after they send, from sums over expression."""
    ones = [like.new_ones(n, 1) for n in size]
    cells = aggregate(back[0], ones[1], back[1], n_targets=size[0])
    if there is None:
        genes = aggregate_back(*back, ones[0])
    else:
        genes = aggregate(there[0], ones[0], there[1], n_targets=size[1])
    tiny = torch.finfo(like.dtype).tiny
    if symmetric:
        scales = (cells.clamp_min(tiny).rsqrt(), genes.clamp_min(tiny).rsqrt())
        return scales, scales
    # a mean over next to nothing says nothing
    means = tuple(torch.where(x > _LEAST, 1 / x.clamp_min(_LEAST), 0.0) for x in (cells, genes))
    return (ones[0], ones[1]), (means[0], means[1])
