"""Cells and genes with every edge type as one sparse matrix: what graphs and mini-batches are cut from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from scrcl_geo import _keys

EdgeType = tuple[str, str, str]


@dataclass(frozen=True)
class Relations:
    """The heterogeneous graph as matrices.

    Shapes: ``features`` (N, F) each, dense or CSR, ``x`` among them; ``edges`` (N, N) or (G, G) CSR by edge
    type; ``expression`` (N, G) CSR; ``gene_totals`` (G,) sums of expression, in a mini-batch the sums that
    as many cells are expected to have.
    """

    features: dict[str, Any]
    edges: dict[EdgeType, sparse.csr_matrix]
    expression: sparse.csr_matrix
    gene_totals: np.ndarray

    @property
    def n_cells(self) -> int:
        """N."""
        return int(self.expression.shape[0])

    def between(self, node: str) -> sparse.csr_matrix:
        """Union of the relations of a node type with itself, symmetric 0/1 without self-loops, CSR."""
        return symmetric([self.edges[t] for t in _keys.joined(self.edges, node)], self._size(node))

    def subset(self, rows: np.ndarray) -> Relations:
        """Some cells, the edges among them, and all genes."""
        return replace(
            self,
            features={name: x[rows] for name, x in self.features.items()},
            edges={t: m[rows][:, rows] if t[0] == t[2] == _keys.CELL else m for t, m in self.edges.items()},
            expression=self.expression[rows],
            gene_totals=self.gene_totals * (len(rows) / self.n_cells),
        )

    def _size(self, node: str) -> int:
        return int(self.expression.shape[0 if node == _keys.CELL else 1])


def symmetric(matrices: Iterable[sparse.csr_matrix], n: int) -> sparse.csr_matrix:
    """Stored entries of any of the matrices in either direction, as 0/1 without self-loops."""
    union = sparse.csr_matrix((n, n), dtype=np.float32)
    for matrix in matrices:
        pattern = sparse.csr_matrix(
            (np.ones(len(matrix.indices), np.float32), matrix.indices, matrix.indptr), (n, n)
        )
        union = union.maximum(pattern)
    union = union.maximum(union.T).tocsr()
    if union.diagonal().any():
        union.setdiag(0)
        union.eliminate_zeros()
    union.sort_indices()
    return union
