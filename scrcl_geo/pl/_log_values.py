"""Expression as figures show it: logarithms of the genes that are drawn, and what a cell holds in all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from scrcl_geo import _validate
from scrcl_geo._features.expression import log_expression, matrix_as_read
from scrcl_geo._features.rows import chunks, in_memory, row_sums
from scrcl_geo._features.symbols import gene_positions

if TYPE_CHECKING:
    from anndata import AnnData


def log_values(adata: AnnData, genes: Sequence[str]) -> sparse.csc_matrix:
    """Log-normalised expression of some genes, float32 CSC (N, len(genes)), in their order.

    Genes go by name or symbol. Read as the run read it (layer, kind of values, library size); without a
    run, from ``X``.
    """
    at = gene_positions(adata.var, genes)
    for gene, position in zip(genes, at, strict=True):
        if position < 0:
            do = "name genes of var_names, or their symbols"
            raise _validate.fail(f"gene {gene!r} is not there", _validate.shown(adata.var_names), do)
    return log_columns(adata, at)


def log_columns(adata: AnnData, at: np.ndarray, cells: np.ndarray | None = None) -> sparse.csc_matrix:
    """The same of genes and cells by their positions; all cells by default."""
    matrix, kind, target_sum = matrix_as_read(adata)
    if cells is not None:
        matrix = matrix[cells]
    mask = np.zeros(adata.n_vars, dtype=bool)
    mask[at] = True
    chosen, totals = in_memory(matrix, mask)
    x = log_expression(chosen, kind, target_sum=target_sum, totals=totals)
    column = np.cumsum(mask) - 1  # of a gene among the chosen ones, which are in the order of var_names
    return x.tocsc()[:, column[at]]


def depth(adata: AnnData) -> tuple[np.ndarray, np.ndarray, str]:
    """Sum of values and number of genes per cell, (N,) each, and the kind of the values."""
    matrix, kind, _ = matrix_as_read(adata)
    totals, genes = np.empty(adata.n_obs), np.empty(adata.n_obs)
    for rows, part in chunks(matrix):
        totals[rows] = row_sums(part)
        genes[rows] = np.bincount((part > 0).nonzero()[0], minlength=part.shape[0])
    return totals, genes, kind
