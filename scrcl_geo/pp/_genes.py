"""Which genes are used, and what the values in the matrix are."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from scrcl_geo import _expression, _keys, _validate
from scrcl_geo._projection import residual_variance

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)


def select_genes(
    adata: AnnData,
    *,
    n_top_genes: int = 2000,
    layer: str | None = None,
    values: str = "auto",
) -> None:
    """Mark the genes to use: the most variable ones that are expressed at all.

    Parameters
    ----------
    adata
        Annotated data; ``X`` or ``layer`` holds counts, normalised, log-normalised or scaled values.
    n_top_genes
        Genes kept, by the variance of Pearson residuals of counts (log values: by dispersion); all
        genes expressed in three cells or more where there are fewer.
    layer
        Layer to read instead of ``X``.
    values
        ``"counts"``, ``"normalized"``, ``"log"`` or ``"scaled"``; ``"auto"`` detects it and logs the result.

    Returns
    -------
    None
        Writes ``var["scrcl_used"]`` (bool) and ``uns["scrcl_graph"]`` (dict: ``layer``, ``values``,
        ``target_sum``).

    Raises
    ------
    ScrclInputError
        The matrix is missing, empty, not numeric, not finite, or has negative counts.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.select_genes(adata, n_top_genes=50)
    >>> int(adata.var["scrcl_used"].sum())
    50
    """
    _validate.at_least("n_top_genes", n_top_genes, 2)
    matrix = _validate.data_matrix(adata, layer)
    kind = _expression.resolve_values(matrix, values)
    x = _expression.log_expression(matrix, kind)
    # an entry in fewer than three cells says nothing about groups of cells
    n_expressing = np.asarray((x > 0).sum(axis=0)).reshape(-1)
    used = n_expressing >= min(3, adata.n_obs)
    if used.sum() > n_top_genes:
        counted = kind in (_expression.COUNTS, _expression.NORMALIZED)
        used[used] = _most_variable(matrix[:, used] if counted else x[:, used], n_top_genes, counted)
    if used.sum() < 2:
        raise _validate.fail("too few expressed genes", f"{used.sum()}", "at least 2 are needed")
    adata.var[_keys.USED_GENES] = used
    params = {"layer": layer or "", "values": kind, "n_top_genes": n_top_genes}
    if kind == _expression.COUNTS:
        params["target_sum"] = _expression.median_library_size(_expression.library_size(matrix))
    adata.uns[_keys.GRAPH_PARAMS] = params
    logger.info("using %d of %d genes", used.sum(), adata.n_vars)


def _most_variable(matrix: Any, n_top_genes: int, counted: bool) -> np.ndarray:
    """Mask of the most variable genes: by Pearson residuals of counts, else by dispersion."""
    if counted:
        matrix = sparse.csr_matrix(matrix, dtype=np.float32)
        variance = residual_variance(matrix, _expression.library_size(matrix))
        chosen = np.argsort(-variance, kind="stable")[:n_top_genes]
        return np.isin(np.arange(len(variance)), chosen)
    import scanpy as sc
    from anndata import AnnData

    ranked = AnnData(matrix)
    sc.pp.highly_variable_genes(ranked, n_top_genes=n_top_genes)
    return ranked.var["highly_variable"].to_numpy()
