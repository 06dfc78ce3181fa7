"""Expression of the genes in use: as stored, and log-normalised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from scrcl_geo import _keys, _validate
from scrcl_geo._features.rows import in_memory, row_sums
from scrcl_geo._features.values import COUNTS, NORMALIZED, SCALED, detect_values


@dataclass(frozen=True)
class Expression:
    """The genes in use, read once.

    Shapes: ``values`` (N, n_used) float32 as stored, CSR or dense; ``totals`` (N,) sums over all genes.
    """

    values: Any
    totals: np.ndarray
    kind: str
    target_sum: float | None

    def log(self) -> sparse.csr_matrix:
        """Log-normalised expression, float32 CSR (N, n_used)."""
        return log_expression(self.values, self.kind, target_sum=self.target_sum, totals=self.totals)

    def transformed(self, transform: str) -> tuple[Any, str]:
        """The matrix a transform takes, and the transform that fits the kind of values.

        Pearson residuals take counts or normalised values; z-scores stand in for logarithms. Scaled values
        are taken as they are, negative ones included.
        """
        if self.kind == SCALED:
            return self.values, "log"
        if transform == "pearson" and self.kind in (COUNTS, NORMALIZED):
            return self.values, transform
        return self.log(), "zscore" if transform == "pearson" else transform


def read_expression(adata: Any) -> Expression:
    """Expression of the genes that ``pp.select_genes`` marked; a file on disk is read in row chunks."""
    matrix, used, params = stored_expression(adata)
    values, totals = in_memory(matrix, used, progress="read genes in use")
    return Expression(values, totals, params["values"], params.get("target_sum"))


def used_expression(adata: Any) -> sparse.csr_matrix:
    """Log expression of the genes in use, float32 CSR (N, n_used)."""
    return read_expression(adata).log()


def used_genes(adata: Any) -> list[str]:
    """Names of the genes in use."""
    return adata.var_names[stored_expression(adata)[1]].astype(str).tolist()


def log_expression(
    matrix: Any, values: str, *, target_sum: float | None = None, totals: np.ndarray | None = None
) -> sparse.csr_matrix:
    """Log-normalised expression, float32 CSR (N, G), from counts, normalised or log values.

    Counts are scaled to ``target_sum`` per cell (None: the median of the cells), then log1p; ``totals`` are
    the cells' own sums unless given. Normalised values get log1p alone, log values nothing. Scaled values
    keep their positive part: expression above the gene's mean. The input is never edited.
    """
    if values == SCALED and not sparse.issparse(matrix):
        matrix = np.maximum(matrix, 0)
    x = _own_values(matrix)
    if values == SCALED:
        np.maximum(x.data, 0, out=x.data)
    if values == COUNTS:
        totals = row_sums(x) if totals is None else totals
        target = target_sum if target_sum is not None else median_library_size(totals)
        scale = np.divide(target, totals, out=np.zeros_like(totals), where=totals > 0)
        _scale_rows(x, scale.astype(np.float32))
    if values in (COUNTS, NORMALIZED):
        np.log1p(x.data, out=x.data)
    if not x.data.all():
        x = x.copy()  # the structure may be the input's
        x.eliminate_zeros()
    return x


def median_library_size(totals: np.ndarray) -> float:
    """Median library size of the cells that have counts."""
    return float(np.median(totals[totals > 0]))


def _own_values(matrix: Any) -> sparse.csr_matrix:
    """Float32 CSR with values of its own, so that they can be edited; a clean structure is shared."""
    if not sparse.issparse(matrix) or matrix.format != "csr":
        return sparse.csr_matrix(matrix, dtype=np.float32)
    x = sparse.csr_matrix((matrix.data.astype(np.float32), matrix.indices, matrix.indptr), matrix.shape)
    if not x.has_canonical_format or not x.data.all():
        x = x.copy()
        x.sum_duplicates()
    return x


def _scale_rows(x: sparse.csr_matrix, scale: np.ndarray) -> None:
    for start in range(0, x.shape[0], 100_000):
        pointers = x.indptr[start : start + 100_001]
        x.data[pointers[0] : pointers[-1]] *= np.repeat(scale[start : start + 100_000], np.diff(pointers))


def stored_expression(adata: Any) -> tuple[Any, np.ndarray, dict[str, Any]]:
    """Matrix, mask of the genes in use and parameters that ``pp.select_genes`` recorded."""
    remedy = "run sg.pp.graph(adata) first"
    params = _validate.key(adata.uns, _keys.GRAPH_PARAMS, slot="uns", do=remedy)
    used = _validate.key(adata.var, _keys.USED_GENES, slot="var", do=remedy).to_numpy(dtype=bool)
    matrix = adata.layers[params["layer"]] if params["layer"] else adata.X
    return matrix, used, params


def matrix_as_read(adata: Any) -> tuple[Any, str, float | None]:
    """Matrix of all genes, kind of its values and library size, as a run read them; without one, of ``X``."""
    params = adata.uns.get(_keys.GRAPH_PARAMS, {})
    layer = params.get("layer")
    matrix = adata.layers[layer] if layer and layer in adata.layers else adata.X
    return matrix, params.get("values") or detect_values(matrix), params.get("target_sum")
