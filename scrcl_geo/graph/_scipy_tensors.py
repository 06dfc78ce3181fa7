"""SciPy's sparse matrices in torch."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from scrcl_geo._features.rows import row_sums
from scrcl_geo.nn.sparse import csr_tensor


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
    return csr_tensor(
        torch.from_numpy(matrix.indptr.astype(np.int64)),
        torch.from_numpy(matrix.indices.astype(np.int64)),
        torch.from_numpy(matrix.data.astype(np.float32, copy=False)),
        matrix.shape,
    )


def _inverse_root(totals: np.ndarray) -> np.ndarray:
    return (1 / np.sqrt(np.maximum(totals, np.finfo(np.float32).tiny))).astype(np.float32)[:, None]
