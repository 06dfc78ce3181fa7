"""What a module's forward pass takes: the heterogeneous graph as tensors ready for sparse products."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from scrcl_geo import _keys
from scrcl_geo._keys import joined
from scrcl_geo.nn.sparse import SparseOperator, csr, operator


@dataclass(frozen=True)
class GraphTensors:
    """One batch: cells, genes and their edges.

    Shapes: ``x1``, ``x2`` (N, F) what the two encoders read, dense or sparse CSR, often the same; ``adj``
    (N, N) symmetric 0/1 CSR without self-loops; ``expresses`` operator (N, G), degree-normalised;
    ``coexpressed`` (G, G) like ``adj``.
    """

    x1: Tensor
    x2: Tensor
    adj: Tensor
    expresses: Any
    coexpressed: Tensor

    @property
    def n_cells(self) -> int:
        """N."""
        return int(self.x1.shape[0])

    def to(self, device: torch.device | str) -> GraphTensors:
        """The same batch on another device."""
        return GraphTensors(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))

    @classmethod
    def from_hetero(cls, data: Any) -> GraphTensors:
        """Tensors of a PyG ``HeteroData`` as built by :func:`scrcl_geo.graph.to_hetero`.

        The relations of cells are united, and so are those of genes; see :func:`scrcl_geo._keys.joined`.
        """
        x = data[_keys.CELL].x
        return cls(
            x1=x,
            x2=getattr(data[_keys.CELL], _keys.VIEW2_FEATURES, x),
            adj=_united(data, _keys.CELL),
            expresses=_bipartite(data),
            coexpressed=_united(data, _keys.GENE),
        )


class Batches(Protocol):
    """What an epoch goes through: a list of batches, or something that cuts them on the way."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[GraphTensors]: ...


def normalized_bipartite(
    index: Tensor, weight: Tensor, shape: tuple[int, int], gene_totals: Tensor | None = None
) -> SparseOperator:
    r"""Bipartite graph with weights :math:`D_c^{-1/2} X D_g^{-1/2}`; cells or genes without edges stay zero.

    Shapes: ``index`` (2, nnz) cells and genes, ``weight`` (nnz,) ≥ 0 → operator (N, G). ``gene_totals``
    (G,) stand in for the sums over these cells where they are only some of all.
    """
    return operator(index, _normalized(index, weight, shape, gene_totals), shape)


def _normalized(index: Tensor, weight: Tensor, shape: tuple[int, int], gene_totals: Tensor | None) -> Tensor:
    row, col = index
    by_cell = weight.new_zeros(shape[0]).index_add_(0, row, weight)
    by_gene = weight.new_zeros(shape[1]).index_add_(0, col, weight) if gene_totals is None else gene_totals
    return weight * torch.rsqrt((by_cell[row] * by_gene[col]).clamp_min(torch.finfo(weight.dtype).tiny))


def _bipartite(data: Any) -> SparseOperator:
    """:func:`normalized_bipartite` of both directions, in the order in which each is stored."""
    shape = (data[_keys.CELL].num_nodes, data[_keys.GENE].num_nodes)
    totals = getattr(data[_keys.GENE], _keys.GENE_TOTALS, None)
    there, back = data[_keys.EXPRESSES], data[_keys.EXPRESSED_BY]
    forth = _normalized(there.edge_index, there.edge_weight, shape, totals)
    index = back.edge_index.flip(0)
    return SparseOperator(
        csr(there.edge_index, forth, shape),
        csr(back.edge_index, _normalized(index, back.edge_weight, shape, totals), shape[::-1]),
    )


def _united(data: Any, node: str) -> Tensor:
    """Union of the relations of a node type with itself; the torch twin of ``_relations.united``."""
    n = data[node].num_nodes
    edges = [data[t].edge_index for t in joined(data.edge_types, node)]
    index = torch.cat(edges, dim=1) if edges else torch.empty(2, 0, dtype=torch.long)
    index = index[:, index[0] != index[1]]
    position = torch.unique(torch.cat([index[0] * n + index[1], index[1] * n + index[0]]))
    index = torch.stack([position // n, position % n])
    return csr(index, torch.ones(index.shape[1]), (n, n))
