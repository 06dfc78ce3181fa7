"""Which genes are used, and what the values in the matrix are."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo._features.expression import log_expression, median_library_size
from scrcl_geo._features.moran import morans_i, nearest_in_space
from scrcl_geo._features.projection import residual_variance
from scrcl_geo._features.rows import row_sums
from scrcl_geo._features.values import COUNTS, NORMALIZED, Scan, resolve_values, scan

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)

AUTO, PEARSON_RESIDUALS, MORANS_I = "auto", "pearson_residuals", "morans_i"
FLAVORS = (AUTO, PEARSON_RESIDUALS, MORANS_I, "seurat", "seurat_v3")


def select_genes(
    adata: AnnData,
    *,
    n_top_genes: int = 2000,
    layer: str | None = None,
    values: str = "auto",
    flavor: str = AUTO,
    batch_key: str | None = None,
    min_cells: int = 3,
    target_sum: float | None = None,
    seed: int = 0,
) -> None:
    """Mark the genes to use, of those that are expressed at all: spatially variable or highly variable ones.

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
        How genes are ranked. ``"morans_i"``: by Moran's I of log expression, how much the six nearest cells
        in space tell of a gene. ``"pearson_residuals"``: by their variance in counts (log values: by
        dispersion). ``"seurat"`` and ``"seurat_v3"``: as in scanpy, by the dispersion of log expression and
        the variance of counts; the latter needs scikit-misc. ``"auto"`` is Moran's I where
        ``obsm["spatial"]`` is there, Pearson residuals elsewhere.
    batch_key
        Column of ``obs`` with the slide: for Moran's I, neighbours and means are of one slide.
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
        The matrix is missing, empty, not numeric, not finite, or has negative counts; coordinates are
        needed and cannot be used.

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
    if flavor == AUTO:
        flavor = MORANS_I if _keys.SPATIAL in adata.obsm else PEARSON_RESIDUALS
    place = _places(adata, batch_key) if flavor == MORANS_I else None
    matrix = checks.data_matrix(adata, layer)
    found = scan(matrix, seed=seed, slot=f"layers[{layer!r}]" if layer else "X")
    kind = resolve_values(found, values)
    used = found.n_expressing >= min(min_cells, adata.n_obs)
    if target_sum is None and kind == COUNTS:
        target_sum = median_library_size(found.totals)
    if used.sum() > n_top_genes:
        if place is None:
            used[used] = _most_variable(found.sample, used, n_top_genes, kind, flavor, target_sum)
        else:
            used[used] = _most_alike_in_space(found, used, n_top_genes, kind, target_sum, *place)
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
    if flavor == PEARSON_RESIDUALS and kind in (COUNTS, NORMALIZED):
        matrix = sparse.csr_matrix(matrix, dtype=np.float32)
        variance = residual_variance(matrix, row_sums(matrix))
        return _highest(variance, n_top_genes)
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


def _places(adata: AnnData, batch_key: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Where the cells lie, (N, 2 or more), and on which slide, (N,)."""
    slides = np.zeros(adata.n_obs, np.int64) if batch_key is None else checks.samples(adata, batch_key)
    return checks.coordinates(adata, _keys.SPATIAL), slides


def _most_alike_in_space(
    found: Scan,
    used: np.ndarray,
    n_top_genes: int,
    kind: str,
    target_sum: float | None,
    coordinates: np.ndarray,
    slides: np.ndarray,
) -> np.ndarray:
    """Mask, among the genes that may be used, of those that neighbours in a sample share most."""
    totals = found.totals[found.sampled]
    expression = log_expression(found.sample[:, used], kind, target_sum=target_sum, totals=totals)
    near = nearest_in_space(coordinates[found.sampled], slides[found.sampled])
    return _highest(morans_i(expression, near, slides[found.sampled]), n_top_genes)


def _highest(scores: np.ndarray, n: int) -> np.ndarray:
    """Mask of the n highest scores; of equal ones the first."""
    return np.isin(np.arange(len(scores)), np.argsort(-scores, kind="stable")[:n])
