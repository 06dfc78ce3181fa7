"""What the numbers in an expression matrix are, and log-normalised expression from any of them."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from scipy import sparse

from scrcl_geo import _keys, _validate

logger = logging.getLogger(__name__)

COUNTS, NORMALIZED, LOG, SCALED = "counts", "normalized", "log", "scaled"
KINDS = (COUNTS, NORMALIZED, LOG, SCALED)
# log1p of the largest count a 64-bit float holds exactly is 36.7; of a billion, 20.7
_LARGEST_LOG = 25.0


def detect_values(matrix: Any) -> str:
    """Kind of the values of an (N, G) matrix, from the numbers alone.

    ``counts``: whole numbers ≥ 0 · ``normalized``: other numbers ≥ 0, too large for logarithms ·
    ``log``: numbers ≥ 0 that can be logarithms of counts · ``scaled``: fractions with negatives among them.

    Raises
    ------
    ScrclInputError
        Whole numbers with a negative among them.
    """
    values = _validate.stored_values(matrix)
    whole = values.dtype.kind in "iub" or bool(np.equal(np.mod(values, 1), 0).all())
    low, high = values.min(initial=0), values.max(initial=0)
    if low < 0:
        if whole:
            raise _validate.fail(
                "counts are negative",
                f"{int((values < 0).sum())} negative whole numbers, the smallest {low:g}",
                "store counts of at least 0, or name a layer that holds them",
            )
        return SCALED
    if whole:
        return COUNTS
    return LOG if high <= _LARGEST_LOG else NORMALIZED


def resolve_values(matrix: Any, values: str) -> str:
    """The kind the user states, checked against the numbers, or the detected one for ``"auto"``."""
    _validate.one_of("values", values, ("auto", *KINDS))
    found = detect_values(matrix)
    if values == "auto":
        logger.info("expression values look like %s; pass values=... to state otherwise", found)
        return found
    if found == SCALED and values != SCALED:
        raise _validate.fail(
            f"values={values!r} does not fit the matrix",
            "negative numbers",
            "state values='scaled'",
        )
    return values


def log_expression(matrix: Any, values: str, *, target_sum: float | None = None) -> sparse.csr_matrix:
    """Log-normalised expression, float32 CSR (N, G), from counts, normalised or log values.

    Counts are scaled to ``target_sum`` per cell (None: the median of the cells), then log1p. Normalised
    values get log1p alone, log values nothing. Scaled values keep their positive part: expression above the
    gene's mean. The input is never edited.
    """
    if values == SCALED and not sparse.issparse(matrix):
        matrix = np.maximum(matrix, 0)
    x = sparse.csr_matrix(matrix, dtype=np.float32, copy=True)
    x.sum_duplicates()
    if values == SCALED:
        np.maximum(x.data, 0, out=x.data)
    if values == COUNTS:
        totals = library_size(x)
        target = target_sum if target_sum is not None else median_library_size(totals)
        scale = np.divide(target, totals, out=np.zeros_like(totals), where=totals > 0)
        x.data *= np.repeat(scale, np.diff(x.indptr)).astype(np.float32)
    if values in (COUNTS, NORMALIZED):
        np.log1p(x.data, out=x.data)
    x.eliminate_zeros()
    return x


def used_expression(adata: Any) -> sparse.csr_matrix:
    """Log expression of the genes in use, float32 CSR (N, n_used)."""
    matrix, used, params = _stored(adata)
    x = log_expression(matrix, params["values"], target_sum=params.get("target_sum"))
    return x[:, used]


def used_genes(adata: Any) -> list[str]:
    """Names of the genes in use."""
    return adata.var_names[_stored(adata)[1]].astype(str).tolist()


def transform_input(adata: Any, transform: str) -> tuple[Any, str]:
    """The (N, n_used) matrix a transform takes, and the transform that fits the kind of values.

    Pearson residuals take counts or normalised values; z-scores stand in for logarithms. Scaled values are
    taken as they are, negative ones included.
    """
    matrix, used, params = _stored(adata)
    kind = params["values"]
    if kind == SCALED:
        return matrix[:, used], "log"
    if transform == "pearson" and kind in (COUNTS, NORMALIZED):
        return sparse.csr_matrix(matrix, dtype=np.float32)[:, used], transform
    return used_expression(adata), "zscore" if transform == "pearson" else transform


def stored_library_size(adata: Any) -> np.ndarray:
    """Counts per cell over all genes, (N,) float64, of the matrix ``pp.select_genes`` read."""
    return library_size(_stored(adata)[0])


def _stored(adata: Any) -> tuple[Any, np.ndarray, dict[str, Any]]:
    """Matrix, mask of the genes in use and parameters that ``pp.select_genes`` recorded."""
    remedy = "run sg.pp.graph(adata) first"
    params = _validate.key(adata.uns, _keys.GRAPH_PARAMS, slot="uns", do=remedy)
    used = _validate.key(adata.var, _keys.USED_GENES, slot="var", do=remedy).to_numpy(dtype=bool)
    matrix = adata.layers[params["layer"]] if params["layer"] else adata.X
    return matrix, used, params


def library_size(matrix: Any) -> np.ndarray:
    """Counts per cell, (N,) float64."""
    return np.asarray(matrix.sum(axis=1, dtype=np.float64)).reshape(-1)


def median_library_size(totals: np.ndarray) -> float:
    """Median library size of the cells that have counts."""
    return float(np.median(totals[totals > 0]))
