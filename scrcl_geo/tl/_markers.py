"""How far marker genes stand out in clusters, and how far genes drawn at random would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.preprocessing import normalize

from scrcl_geo import _validate
from scrcl_geo._features.expression import log_expression, matrix_as_read, median_library_size
from scrcl_geo._features.rows import chunks, row_sums
from scrcl_geo._features.symbols import gene_symbols
from scrcl_geo._features.values import COUNTS
from scrcl_geo._files.names import Markers, markers_of, read_markers

if TYPE_CHECKING:
    from anndata import AnnData


@dataclass(frozen=True)
class MarkerScores:
    """Scores of K clusters for T names, and the p-value of each cluster's best.

    Shapes: ``scores`` (K, T), ``pvalues`` (K,), ``contrast`` (K, G) of the ``genes`` that differ,
    ``weights`` CSR (T, G).
    """

    names: list[str]
    scores: np.ndarray
    pvalues: np.ndarray
    genes: np.ndarray
    contrast: np.ndarray
    weights: sparse.csr_matrix


def as_markers(markers: Any) -> Markers:
    """Marker genes and weights by name, from a dict, a DataFrame or a file."""
    if isinstance(markers, str | Path):
        return read_markers(markers)
    if isinstance(markers, pd.DataFrame):
        return markers_of(markers, "markers")
    if not isinstance(markers, Mapping):
        found, remedy = type(markers).__name__, "pass a dict of names and genes, a DataFrame or a file"
        raise _validate.fail("markers are in no known form", found, remedy)
    rows = [(str(name), gene, weight) for name, genes in markers.items() for gene, weight in _weighted(genes)]
    return {str(name).strip(): {} for name in markers} | markers_of(
        pd.DataFrame(rows, columns=["name", "gene", "weight"]), "markers"
    )


def _weighted(genes: Any) -> Iterable[tuple[str, Any]]:
    """Genes and their weights, from a mapping, several genes or the name of one."""
    if isinstance(genes, Mapping):
        return genes.items()
    return dict.fromkeys([genes] if isinstance(genes, str) else genes, 1.0).items()


def marker_scores(
    adata: AnnData, codes: np.ndarray, n_groups: int, markers: Markers, *, n_permutations: int, seed: int
) -> MarkerScores:
    """Score each name in each cluster, against the names' markers given to genes drawn at random.

    Shapes: ``codes`` (N,) clusters 0 … K - 1, -1 for cells without one.
    """
    contrast, differs = contrasts(adata, codes, n_groups)
    genes = adata.var_names[differs].astype(str).to_numpy()
    weights, names = _weights(markers, _columns(adata.var, genes), adata.var_names)
    contrast = contrast[:, differs]
    spread = contrast.std(axis=1, keepdims=True)
    centred = (contrast - contrast.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    unit = normalize(weights)  # the sum of n independent contrasts of variance 1 is of variance n
    scores = (unit @ centred.T).T
    best = scores.max(axis=1)
    rng = np.random.default_rng(seed)
    as_high = np.ones(n_groups)
    for _ in range(n_permutations):
        drawn = centred[:, rng.permutation(len(genes))]
        as_high += (unit @ drawn.T).max(axis=0) >= best
    return MarkerScores(names, scores, as_high / (n_permutations + 1), genes, contrast, weights)


def contrasts(adata: AnnData, codes: np.ndarray, n_groups: int) -> tuple[np.ndarray, np.ndarray]:
    """How far a gene's mean in a cluster lies above that of all clusters, and which genes differ at all.

    In standard deviations between clusters, times the share of their variance that is not chance: a gene
    whose clusters differ no more than their cells do says nothing. Clusters count alike, whatever their size.

    Shapes: (K, G), (G,).
    """
    total, squares = _moments(adata, codes, n_groups)
    n = np.bincount(codes[codes >= 0], minlength=n_groups)[:, None]
    mean = total / np.maximum(n, 1)
    chance = (squares / np.maximum(n, 1) - mean**2) / np.maximum(n - 1, 1)
    variance = mean.var(axis=0, ddof=1) if n_groups > 1 else np.zeros(adata.n_vars)
    differs = variance > 1e-12
    safe = np.where(differs, variance, 1.0)
    real = np.clip(1 - chance.mean(axis=0) / safe, 0, 1) * differs
    return (mean - mean.mean(axis=0)) / np.sqrt(safe) * real, differs


def _moments(adata: AnnData, codes: np.ndarray, n_groups: int) -> tuple[np.ndarray, np.ndarray]:
    """Sums of the logarithms and of their squares by cluster, (K, G) each, a part of the rows at a time."""
    matrix, kind, target_sum = matrix_as_read(adata)
    if kind == COUNTS and target_sum is None:
        target_sum = median_library_size(np.concatenate([row_sums(part) for _, part in chunks(matrix)]))
    sums, squares = (np.zeros((n_groups, adata.n_vars)) for _ in range(2))
    for rows, part in chunks(matrix):
        own = codes[rows]
        at = np.flatnonzero(own >= 0)
        member = sparse.csr_matrix((np.ones(len(at)), (own[at], at)), shape=(n_groups, len(own)))
        x = log_expression(part, kind, target_sum=target_sum).astype(np.float64)
        sums += (member @ x).toarray()
        squares += (member @ x.multiply(x)).toarray()
    return sums, squares


def _columns(var: pd.DataFrame, genes: np.ndarray) -> dict[str, int]:
    """Column of each gene among ``genes``, by its name and by a symbol that it alone has."""
    column = {gene: i for i, gene in enumerate(genes)}
    symbols = gene_symbols(var)
    if symbols is None:
        return column
    own = symbols[~symbols.duplicated(keep=False)]
    return {symbol: column[gene] for gene, symbol in own.items() if gene in column} | column


def _weights(
    markers: Markers, column: Mapping[str, int], measured: pd.Index
) -> tuple[sparse.csr_matrix, list[str]]:
    """Weights of the genes, CSR (T, G), and the names that have a marker among them."""
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    names: list[str] = []
    for name, own in markers.items():
        found = {column[gene]: weight for gene, weight in own.items() if gene in column and weight}
        if found:
            rows += [len(names)] * len(found)
            columns += list(found)
            values += list(found.values())
            names.append(name)
    if not names:
        some = [gene for own in markers.values() for gene in own]
        found_text = f"{_validate.shown(some, 3)} beside genes such as {_validate.shown(measured, 3)}"
        raise _validate.fail(
            "no marker gene is measured and differs between clusters",
            found_text,
            "write genes or symbols as var has them, upper and lower case too",
        )
    return sparse.csr_matrix((values, (rows, columns)), shape=(len(names), 1 + max(column.values()))), names
