"""Which genes are used, and what the values in the matrix are."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _expression, _keys, _validate

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)


def select_genes(
    adata: AnnData,
    *,
    n_top_genes: int = 2000,
    layer: str | None = None,
    values: str = "auto",
    batch_key: str | None = None,
) -> None:
    """Mark the genes to use: the most variable ones that are expressed at all.

    Parameters
    ----------
    adata
        Annotated data; ``X`` or ``layer`` holds counts, normalised, log-normalised or scaled values.
    n_top_genes
        Genes kept; all expressed genes where there are fewer.
    layer
        Layer to read instead of ``X``.
    values
        ``"counts"``, ``"normalized"``, ``"log"`` or ``"scaled"``; ``"auto"`` detects it and logs the result.
    batch_key
        Column of ``obs`` with the sample; variability is then ranked within samples.

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
    if batch_key is not None:
        _validate.key(adata.obs, batch_key, slot="obs")
    matrix = _validate.data_matrix(adata, layer)
    kind = _expression.resolve_values(matrix, values)
    x = _expression.log_expression(matrix, kind)
    expressed = np.asarray((x > 0).sum(axis=0)).reshape(-1) > 0
    used = expressed.copy()
    if used.sum() > n_top_genes:
        used[expressed] = _most_variable(adata, x[:, expressed], n_top_genes, batch_key)
    if used.sum() < 2:
        raise _validate.fail("too few expressed genes", f"{used.sum()}", "at least 2 are needed")
    adata.var[_keys.USED_GENES] = used
    params = {"layer": layer or "", "values": kind, "n_top_genes": n_top_genes}
    if kind == _expression.COUNTS:
        params["target_sum"] = _expression.median_library_size(_expression.library_size(matrix))
    adata.uns[_keys.GRAPH_PARAMS] = params
    logger.info("using %d of %d genes", used.sum(), adata.n_vars)


def _most_variable(adata: AnnData, x: object, n_top_genes: int, batch_key: str | None) -> np.ndarray:
    import scanpy as sc
    from anndata import AnnData

    ranked = AnnData(x)
    if batch_key is not None:
        ranked.obs[batch_key] = adata.obs[batch_key].astype("category").to_numpy()
    sc.pp.highly_variable_genes(ranked, n_top_genes=n_top_genes, batch_key=batch_key)
    return ranked.var["highly_variable"].to_numpy()
