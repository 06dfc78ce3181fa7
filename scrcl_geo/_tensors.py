"""What a module's forward pass takes: the heterogeneous graph as tensors ready for sparse products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from scrcl_geo import _keys
from scrcl_geo._sparse import SparseOperator, csr, operator


@dataclass(frozen=True)
class GraphTensors:
    """One batch: cells, genes and their edges.

    Shapes: ``x`` (N, F) cell features, dense or sparse CSR; ``adj`` (N, N) symmetric 0/1 CSR without
    self-loops; ``expresses`` operator (N, G), degree-normalised; ``coexpressed`` (G, G) like ``adj``.
    """

    x: Tensor
    adj: Tensor
    expresses: SparseOperator
    coexpressed: Tensor

    @property
    def n_cells(self) -> int:
        """N."""
        return int(self.x.shape[0])

    def to(self, device: torch.device | str) -> GraphTensors:
        """The same batch on another device."""
        return GraphTensors(
            self.x.to(device),
            self.adj.to(device),
            SparseOperator(self.expresses.matrix.to(device), self.expresses.transpose.to(device)),
            self.coexpressed.to(device),
        )

    @classmethod
    def from_hetero(cls, data: Any) -> GraphTensors:
        """Tensors of a PyG ``HeteroData`` as built by :func:`scrcl_geo.graph.to_hetero`.

        Cell–cell relations are united, but where there are spatial edges these stand in for the
        expression neighbours, as in the paper: cells alike in expression may be far apart in tissue.
        Gene–gene relations are united.
        """
        n_cells, n_genes = data[_keys.CELL].num_nodes, data[_keys.GENE].num_nodes
        between = data[_keys.EXPRESSES]
        return cls(
            x=data[_keys.CELL].x,
            adj=_united(data, _keys.CELL, n_cells),
            expresses=normalized_bipartite(between.edge_index, between.edge_weight, (n_cells, n_genes)),
            coexpressed=_united(data, _keys.GENE, n_genes),
        )


def normalized_bipartite(index: Tensor, weight: Tensor, shape: tuple[int, int]) -> SparseOperator:
    r"""Bipartite graph with weights :math:`D_c^{-1/2} X D_g^{-1/2}`; cells or genes without edges stay zero.

    Shapes: ``index`` (2, nnz) cells and genes, ``weight`` (nnz,) ≥ 0 → operator (N, G).
    """
    row, col = index
    by_cell = weight.new_zeros(shape[0]).index_add_(0, row, weight)
    by_gene = weight.new_zeros(shape[1]).index_add_(0, col, weight)
    scale = torch.rsqrt((by_cell[row] * by_gene[col]).clamp_min(torch.finfo(weight.dtype).tiny))
    return operator(index, weight * scale, shape)


def _united(data: Any, node: str, n: int) -> Tensor:
    """Union of all relations of a node type with itself, as 0/1 without self-loops."""
    relations = [t for t in data.edge_types if t[0] == t[2] == node]
    if _keys.NEAR in relations:
        relations = [t for t in relations if t != _keys.SIMILAR]
    edges = [data[t].edge_index for t in relations]
    index = torch.cat(edges, dim=1) if edges else torch.empty(2, 0, dtype=torch.long)
    index = index[:, index[0] != index[1]]
    index = torch.unique(torch.cat([index, index.flip(0)], dim=1), dim=1)
    return csr(index, torch.ones(index.shape[1]), (n, n))
