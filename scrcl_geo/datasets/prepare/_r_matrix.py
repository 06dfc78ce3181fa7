"""Matrices as R keeps them: genes are rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse


def r_matrix(stored: Any) -> tuple[sparse.csr_matrix, Any, Any]:
    """Cells × genes, names of genes and of cells (None where there are none), dense or ``dgCMatrix``."""
    if hasattr(stored, "coords"):
        gene, cell = stored.dims  # in this order also where the matrix was transposed
        cells = stored.coords[cell].values if cell in stored.coords else None
        return sparse.csr_matrix(stored.values.T), stored.coords[gene].values, cells
    genes, cells = stored.Dimnames
    shape = tuple(int(n) for n in np.asarray(stored.Dim))
    return sparse.csc_matrix((stored.x, stored.i, stored.p), shape=shape).T.tocsr(), genes, cells
