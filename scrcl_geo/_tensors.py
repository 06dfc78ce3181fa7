"""What a module's forward pass takes: the heterogeneous graph as tensors ready for sparse products."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from scrcl_geo import _keys
from scrcl_geo._relations import united
from scrcl_geo._sparse import SparseOperator, from_scipy, operator


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

        The relations of cells are united, and so are those of genes; see :func:`scrcl_geo._relations.united`.
        """
        n_cells, n_genes = data[_keys.CELL].num_nodes, data[_keys.GENE].num_nodes
        between = data[_keys.EXPRESSES]
        x = data[_keys.CELL].x
        return cls(
            x1=x,
            x2=getattr(data[_keys.CELL], _keys.VIEW2_FEATURES, x),
            adj=_united(data, _keys.CELL, n_cells),
            expresses=normalized_bipartite(
                between.edge_index,
                between.edge_weight,
                (n_cells, n_genes),
                getattr(data[_keys.GENE], _keys.GENE_TOTALS, None),
            ),
            coexpressed=_united(data, _keys.GENE, n_genes),
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
    row, col = index
    by_cell = weight.new_zeros(shape[0]).index_add_(0, row, weight)
    by_gene = weight.new_zeros(shape[1]).index_add_(0, col, weight) if gene_totals is None else gene_totals
    scale = torch.rsqrt((by_cell[row] * by_gene[col]).clamp_min(torch.finfo(weight.dtype).tiny))
    return operator(index, weight * scale, shape)


def _united(data: Any, node: str, n: int) -> Tensor:
    edges = {}
    for edge_type in data.edge_types:
        if edge_type[0] == edge_type[2] == node:
            row, col = data[edge_type].edge_index.numpy()
            edges[edge_type] = sparse.csr_matrix((np.ones(len(row), np.float32), (row, col)), (n, n))
    return from_scipy(united(edges, n))
