"""Ranks of cells by genes, without the zeros that most of them are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

MEAN = 0.5  # of the ranks over N + 1


@dataclass(frozen=True, eq=False)
class Ranks:
    """Ranks of N cells by each of G genes, over N + 1, ties averaged.

    Shapes: ``expressed`` (N, G) CSC, ranks of the cells that express a gene; ``silent`` (G,), the rank of
    all others.
    """

    expressed: sparse.csc_matrix
    silent: np.ndarray

    @classmethod
    def of(cls, expression: sparse.csc_matrix) -> Ranks:
        """The ranks by expression (N, G) ≥ 0. O(nnz log N)."""
        ranks = sparse.csc_matrix(expression, dtype=np.float64, copy=True)
        ranks.eliminate_zeros()
        n_cells = ranks.shape[0]
        n_silent = n_cells - np.diff(ranks.indptr)
        for gene, (start, stop) in enumerate(zip(ranks.indptr[:-1], ranks.indptr[1:], strict=True)):
            ranks.data[start:stop] = n_silent[gene] + _averaged(ranks.data[start:stop])
        ranks.data /= n_cells + 1
        return cls(ranks, (n_silent + 1) / (2 * (n_cells + 1)))

    def rounded(self, levels: int) -> Ranks:
        """Whole numbers from 0 to ``levels`` in place of the ranks."""
        return Ranks(self._with(np.rint(levels * self.expressed.data)), np.rint(levels * self.silent))

    def sums(self, members: sparse.csr_matrix) -> np.ndarray:
        """Sums of the ranks over groups of cells (N, K), (G, K)."""
        above = self._with(self.expressed.data - np.repeat(self.silent, np.diff(self.expressed.indptr)))
        sizes = np.asarray(members.sum(axis=0)).reshape(-1)
        return above.T @ members + np.outer(self.silent, sizes)

    def central(self, power: int) -> np.ndarray:
        """Sum over the cells of a power of the ranks less their mean, which is a half, (G,)."""
        n_expressed = np.diff(self.expressed.indptr)
        values = self._with((self.expressed.data - MEAN) ** power)
        silent = (self.expressed.shape[0] - n_expressed) * (self.silent - MEAN) ** power
        return np.asarray(values.sum(axis=0)).reshape(-1) + silent

    def _with(self, data: np.ndarray) -> sparse.csc_matrix:
        return sparse.csc_matrix((data, self.expressed.indices, self.expressed.indptr), self.expressed.shape)


def _averaged(values: np.ndarray) -> np.ndarray:
    """Ranks from 1, ties averaged: SciPy's ``rankdata`` in a quarter of its time, by NumPy's fast sort."""
    order = values.argsort()
    ordered = values[order]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    size = np.diff(np.append(first, len(values)))
    ranks = np.empty(len(values))
    ranks[order] = np.repeat(first + (size + 1) / 2, size)
    return ranks
