"""Fixed sparse matrices in torch: built once, multiplied often, never densified."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function


class _ConstantSpMM(Function):
    @staticmethod
    def forward(ctx: Any, matrix: Tensor, transpose: Tensor, x: Tensor) -> Tensor:
        ctx.transpose = transpose
        return matrix @ x

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, None, Tensor]:
        return None, None, ctx.transpose @ grads[0].contiguous()


def spmm(adj: Tensor, x: Tensor) -> Tensor:
    """``adj @ x`` for a constant symmetric CSR matrix: its backward pass is the same product.

    Torch's own backward converts the transpose at every call, which costs several times the product.

    Shapes: ``adj`` (N, N), ``x`` (N, D) → (N, D). O(E D).
    """
    return _ConstantSpMM.apply(adj, adj, x)


class SparseOperator(NamedTuple):
    """A constant sparse matrix with its transpose, both CSR; the rectangular twin of :func:`spmm`.

    Shapes: ``matrix`` (R, C), ``transpose`` (C, R); ``operator @ x`` maps (C, D) to (R, D) in O(nnz D).
    """

    matrix: Tensor
    transpose: Tensor

    def __matmul__(self, x: Tensor) -> Tensor:
        return _ConstantSpMM.apply(self.matrix, self.transpose, x)

    @property
    def T(self) -> SparseOperator:
        """The transposed operator; shares both matrices."""
        return SparseOperator(self.transpose, self.matrix)

    def to(self, device: torch.device | str) -> SparseOperator:
        """The same on another device."""
        return SparseOperator(self.matrix.to(device), self.transpose.to(device))


def csr(index: Tensor, value: Tensor, shape: tuple[int, int]) -> Tensor:
    """Edges as a torch CSR matrix; repeated entries are summed.

    Shapes: ``index`` (2, E) rows and columns, ``value`` (E,). Edges in order of row and column are taken as
    they are, without sorting.
    """
    row, col = index
    position = row * shape[1] + col
    if bool((position[1:] > position[:-1]).all()):
        crow = torch.zeros(shape[0] + 1, dtype=torch.long, device=row.device)
        crow[1:] = torch.bincount(row, minlength=shape[0]).cumsum(0)
        return csr_tensor(crow, col, value, shape)
    with _quietly():
        return torch.sparse_coo_tensor(index, value, shape).coalesce().to_sparse_csr()


def csr_tensor(crow: Tensor, col: Tensor, value: Tensor, shape: tuple[int, int]) -> Tensor:
    """Torch CSR from its arrays."""
    with _quietly():
        return torch.sparse_csr_tensor(crow, col, value, shape)


def operator(index: Tensor, value: Tensor, shape: tuple[int, int]) -> SparseOperator:
    """Edges as a :class:`SparseOperator`.

    Shapes: ``index`` (2, E) rows and columns, ``value`` (E,).
    """
    return SparseOperator(csr(index, value, shape), csr(index.flip(0), value, shape[::-1]))


@contextmanager
def _quietly() -> Iterator[None]:
    with warnings.catch_warnings():  # torch announces once that its CSR layout is in beta
        warnings.filterwarnings("ignore", message="Sparse", category=UserWarning)
        yield


def degree(adj: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Stored entries per row of a CSR matrix, (N,)."""
    return adj.crow_indices().diff().to(dtype)
