"""Fixed sparse matrices in torch: built once, multiplied often, never densified."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch.autograd import Function

from scrcl_geo._rows import row_sums


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


class ScaledOperator(NamedTuple):
    r"""A normalised bipartite graph that stays in SciPy's memory; for inference, without gradients.

    :math:`D_c^{-1/2} X D_g^{-1/2}` is applied from right to left and never stored.

    Shapes: ``matrix`` (R, C), ``row_scale`` (R, 1), ``column_scale`` (C, 1); products as
    :class:`SparseOperator`.
    """

    matrix: Any
    row_scale: np.ndarray
    column_scale: np.ndarray

    @property
    def T(self) -> ScaledOperator:
        """The transposed operator; shares the matrix."""
        return ScaledOperator(self.matrix.T, self.column_scale, self.row_scale)

    def to(self, device: torch.device | str) -> ScaledOperator:
        """Itself: products are taken on the CPU and moved to where the other factor is."""
        return self

    def __matmul__(self, x: Tensor) -> Tensor:
        dense = x.detach().cpu().numpy()
        return torch.from_numpy(self.row_scale * (self.matrix @ (self.column_scale * dense))).to(x.device)

    @classmethod
    def of(cls, matrix: sparse.csr_matrix, column_totals: np.ndarray) -> ScaledOperator:
        """Scaled by the sums of its rows and by given totals (C,) of its columns."""
        return cls(matrix, _inverse_root(row_sums(matrix)), _inverse_root(column_totals))


def from_scipy(matrix: sparse.csr_matrix) -> Tensor:
    """A SciPy CSR matrix with sorted indices as torch CSR, float32 values shared."""
    return _csr(
        torch.from_numpy(matrix.indptr.astype(np.int64)),
        torch.from_numpy(matrix.indices.astype(np.int64)),
        torch.from_numpy(matrix.data.astype(np.float32, copy=False)),
        matrix.shape,
    )


def csr(index: Tensor, value: Tensor, shape: tuple[int, int]) -> Tensor:
    """Edges as a torch CSR matrix; repeated entries are summed.

    Shapes: ``index`` (2, E) rows and columns, ``value`` (E,).
    """
    with warnings.catch_warnings():  # torch announces once that its CSR layout is in beta
        warnings.filterwarnings("ignore", message="Sparse", category=UserWarning)
        return torch.sparse_coo_tensor(index, value, shape).coalesce().to_sparse_csr()


def operator(index: Tensor, value: Tensor, shape: tuple[int, int]) -> SparseOperator:
    """Edges as a :class:`SparseOperator`.

    Shapes: ``index`` (2, E) rows and columns, ``value`` (E,).
    """
    if value.device.type == "cpu" and value.dtype == torch.float32:  # SciPy sorts by counting
        row, col = index.numpy()
        matrix = sparse.csr_matrix((value.numpy(), (row, col)), shape)
        return SparseOperator(from_scipy(matrix), from_scipy(matrix.T.tocsr()))
    return SparseOperator(csr(index, value, shape), csr(index.flip(0), value, shape[::-1]))


def _inverse_root(totals: np.ndarray) -> np.ndarray:
    return (1 / np.sqrt(np.maximum(totals, np.finfo(np.float32).tiny))).astype(np.float32)[:, None]


def _csr(crow: Tensor, col: Tensor, value: Tensor, shape: tuple[int, int]) -> Tensor:
    with warnings.catch_warnings():  # torch announces once that its CSR layout is in beta
        warnings.filterwarnings("ignore", message="Sparse", category=UserWarning)
        return torch.sparse_csr_tensor(crow, col, value, shape)


def degree(adj: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Stored entries per row of a CSR matrix, (N,)."""
    return adj.crow_indices().diff().to(dtype)
