"""Which genes are used, and what the values in the matrix are."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo._features.expression import log_expression, median_library_size
from scrcl_geo._features.projection import residual_variance
from scrcl_geo._features.rows import row_sums
from scrcl_geo._features.values import COUNTS, NORMALIZED, resolve_values, scan

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)

FLAVORS = ("pearson_residuals", "seurat", "seurat_v3")


def select_genes(
    adata: AnnData,
    *,
    n_top_genes: int = 2000,
    layer: str | None = None,
    values: str = "auto",
    flavor: str = "pearson_residuals",
    min_cells: int = 3,
    target_sum: float | None = None,
    seed: int = 0,
) -> None:
    """Mark the genes to use: the most variable ones that are expressed at all.

    Parameters
    ----------
    adata
        Annotated data; ``X`` or ``layer`` holds counts, normalised, log-normalised or scaled values.
    n_top_genes
        Genes kept; all genes expressed in ``min_cells`` cells where there are fewer.
    layer
        Layer to read instead of ``X``.
    values
        ``"counts"``, ``"normalized"``, ``"log"`` or ``"scaled"``; ``"auto"`` detects it and logs the result.
    flavor
        How genes are ranked: by the variance of Pearson residuals of counts (log values: by dispersion), or
        as scanpy's ``"seurat"``, the dispersion of log expression, or its ``"seurat_v3"``, the variance of
        counts, which needs scikit-misc.
    min_cells
        Cells that a gene must be expressed in.
    target_sum
        Library size that counts are scaled to before the logarithm; by default the median of the cells.
    seed
        Of the 50,000 cells that genes are ranked on where there are more.

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
    _validate.one_of("flavor", flavor, FLAVORS)
    matrix = checks.data_matrix(adata, layer)
    found = scan(matrix, seed=seed, slot=f"layers[{layer!r}]" if layer else "X")
    kind = resolve_values(found, values)
    used = found.n_expressing >= min(min_cells, adata.n_obs)
    if target_sum is None and kind == COUNTS:
        target_sum = median_library_size(found.totals)
    if used.sum() > n_top_genes:
        used[used] = _most_variable(found.sample, used, n_top_genes, kind, flavor, target_sum)
    if used.sum() < 2:
        raise _validate.fail("too few expressed genes", f"{used.sum()}", "at least 2 are needed")
    adata.var[_keys.USED_GENES] = used
    params: dict[str, Any] = {"layer": layer or "", "values": kind, "n_top_genes": n_top_genes}
    params["n_expressed"] = int(found.n_expressing[used].sum())  # cell–gene edges
    if kind == COUNTS:
        params["target_sum"] = target_sum
    adata.uns[_keys.GRAPH_PARAMS] = params
    logger.info("using %d of %d genes", used.sum(), adata.n_vars)


def _most_variable(
    matrix: Any, used: np.ndarray, n_top_genes: int, kind: str, flavor: str, target_sum: float | None
) -> np.ndarray:
    """Mask, among the genes that may be used, of the most variable ones."""
    totals = row_sums(matrix)
    matrix = matrix[:, used]
    if flavor == "pearson_residuals" and kind in (COUNTS, NORMALIZED):
        matrix = sparse.csr_matrix(matrix, dtype=np.float32)
        variance = residual_variance(matrix, row_sums(matrix))
        chosen = np.argsort(-variance, kind="stable")[:n_top_genes]
        return np.isin(np.arange(len(variance)), chosen)
    import scanpy as sc
    from anndata import AnnData

    if flavor != "seurat_v3":
        flavor = "seurat"
        matrix = log_expression(matrix, kind, target_sum=target_sum, totals=totals)
    ranked = AnnData(matrix)
    try:
        sc.pp.highly_variable_genes(ranked, n_top_genes=n_top_genes, flavor=flavor)
    except ImportError as error:
        do = "pip install scikit-misc, or take another flavor"
        raise _validate.fail(f"flavor={flavor!r} needs scikit-misc", "it is not installed", do) from error
    return ranked.var["highly_variable"].to_numpy()
