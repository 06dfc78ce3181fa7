"""A plane in which cells that are alike lie together, through scanpy."""

from __future__ import annotations

from contextlib import AbstractContextManager

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

_FEWEST = 4  # cells of which scanpy finds a plane; fewer lie in a row


def umap(x: np.ndarray, *, n_neighbors: int = 15, seed: int = 0) -> np.ndarray:
    """UMAP of the rows of an (N, D) matrix → (N, 2) float32."""
    import scanpy as sc
    from anndata import AnnData

    if len(x) < _FEWEST:
        return np.column_stack([np.arange(len(x)), np.zeros(len(x))]).astype(np.float32)
    helper = AnnData(x)
    with _own_threads():
        sc.pp.neighbors(helper, n_neighbors=min(n_neighbors, len(x) - 1), use_rep="X", random_state=seed)
        sc.tl.umap(helper, random_state=seed)
    return np.asarray(helper.obsm["X_umap"], dtype=np.float32)


def _own_threads() -> AbstractContextManager[object]:
    """Numba takes all cores, and would leave torch with as many: after the block, all is as it was."""
    threads = [found["num_threads"] for found in threadpool_info() if found["user_api"] == "openmp"]
    return threadpool_limits(min(threads, default=None), user_api="openmp")
