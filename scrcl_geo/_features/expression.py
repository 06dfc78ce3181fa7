"""Expression of the genes in use: as stored, and log-normalised."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from scrcl_geo import _keys, _validate
from scrcl_geo._features.checks import finite, stored_values
from scrcl_geo._features.rows import in_memory, row_sums
from scrcl_geo._features.sample_scales import scaled
from scrcl_geo._features.values import COUNTS, LOG, NORMALIZED, SCALED, detect_values
from scrcl_geo._schema.result import stored

DENSE = ("counts", "scaled")
_LARGEST_SCALED = 10.0


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

    def rows(self, cells: np.ndarray) -> Expression:
        """Of some cells."""
        return replace(self, values=self.values[cells], totals=self.totals[cells])

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

    def dense(self, kind: str) -> np.ndarray:
        """The matrix itself, float32 (N, n_used): values as stored for ``"counts"``; for ``"scaled"`` log
        expression with a standard deviation of 1, at most 10."""
        if kind == "scaled":
            import scanpy as sc

            matrix = sc.pp.scale(self.log(), zero_center=False, max_value=_LARGEST_SCALED)
        else:
            matrix = self.values
        return matrix.toarray() if sparse.issparse(matrix) else np.asarray(matrix)


def read_expression(adata: Any) -> Expression:
    """Expression of the genes that ``pp.select_genes`` marked; a file on disk is read in row chunks.

    Where ``pp.level_samples`` found slides at other levels, values are brought to one level.

    Raises
    ------
    ScrclInputError
        The values are not finite, or negative where there were none: they changed since.
    """
    matrix, used, params = stored_expression(adata)
    values, totals = in_memory(matrix, used, progress="read genes in use")
    _unchanged(stored_values(values), params)
    scales = stored(adata, "varm", _keys.SAMPLE_SCALES)
    if scales is not None and "samples" in params:
        values = _levelled(values, scales[used].T, adata, params)
    return Expression(values, totals, params["values"], params.get("target_sum"))


def _unchanged(values: np.ndarray, params: dict[str, Any]) -> None:
    slot = f"layers[{params['layer']!r}]" if params["layer"] else "X"
    finite(values, slot)
    if params["values"] in (COUNTS, NORMALIZED) and len(values) and values.min() < 0:
        raise _validate.fail(
            f"{slot} has changed since its graph was made",
            f"{values.min():g} among {params['values']}",
            "run sg.pp.graph(adata) again",
        )


def _levelled(values: Any, scales: np.ndarray, adata: Any, params: dict[str, Any]) -> sparse.csr_matrix:
    """Values (N, n_used) times the factors (B, n_used) of each cell's sample; 1 for a sample without any."""
    names = adata.obs[params["batch_key"]].astype(str)
    sample = pd.Index(params["samples"]).get_indexer(names)  # -1 takes the row of ones
    scales = np.concatenate([scales, np.ones((1, scales.shape[1]), np.float32)])
    values = sparse.csr_matrix(values)
    if params["values"] != LOG:
        return scaled(values, scales, sample)
    level = sparse.csr_matrix((np.expm1(values.data), values.indices, values.indptr), values.shape)
    return scaled(level, scales, sample).log1p()


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
    params = stored(adata, "uns", _keys.GRAPH_PARAMS, do=remedy)
    used = stored(adata, "var", _keys.USED_GENES, do=remedy)
    return matrix_of(adata, params["layer"]), used, params


def matrix_of(adata: Any, layer: str) -> Any:
    """The matrix in a layer or, where none is named, in ``X``; checked for being there."""
    matrix = _validate.key(adata.layers, layer, slot="layers") if layer else adata.X
    if matrix is None:
        raise _validate.fail("X is empty", "no matrix", "store the counts in X")
    return matrix


def matrix_as_read(adata: Any) -> tuple[Any, str, float | None]:
    """Matrix of all genes, kind of its values and library size, as a run read them; without one, of ``X``."""
    params = stored(adata, "uns", _keys.GRAPH_PARAMS, default={})
    layer = params.get("layer", "")
    matrix = matrix_of(adata, layer if layer in adata.layers else "")
    return matrix, params.get("values") or detect_values(matrix), params.get("target_sum")
