"""A plane in which cells that are alike lie together, through scanpy."""

from __future__ import annotations

import numpy as np


def umap(x: np.ndarray, *, n_neighbors: int = 15, seed: int = 0) -> np.ndarray:
    """UMAP of the rows of an (N, D) matrix → (N, 2) float32."""
    import scanpy as sc
    from anndata import AnnData

    helper = AnnData(x)
    sc.pp.neighbors(helper, n_neighbors=min(n_neighbors, len(x) - 1), use_rep="X", random_state=seed)
    sc.tl.umap(helper, random_state=seed)
    return np.asarray(helper.obsm["X_umap"], dtype=np.float32)
