"""Expression of every gene, in blocks that the page unpacks when a gene is asked for.

A block holds the genes' gaps, one after the other, then their values. A gap counts the cells without a value
before one that has a value: a byte, of which 255 means that many and more to come. A value is a step from 0
to 254 between a gene's lowest and highest expression.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from scrcl_geo._features.symbols import gene_symbols
from scrcl_geo.pl._log_values import log_columns
from scrcl_geo.pl._report._payload import binary, deflated
from scrcl_geo.pl._report._source import Source

BLOCK = 32  # genes: unpacked within milliseconds, and large enough to compress well
_VALUES = 8_000_000  # above 0 in the page: about 15 MB
_TOP_BYTES = 6_000_000  # of the clusters' own genes, which all cells show: 60 of 100,000 cells


@dataclass(frozen=True)
class Store:
    """``index`` goes into the page's data, each of ``blocks`` in an element of its own."""

    index: dict[str, Any]
    blocks: list[str]


def store(source: Source, n_genes: int, depth: tuple[np.ndarray, np.ndarray, str]) -> Store:
    """All genes, those of the clusters first.

    Where the drawn cells hold too many values, the clusters' genes are stored of all drawn cells and the
    others of a random sample.
    """
    _, genes_per_cell, kind = depth
    dense = len(source.drawn) * source.adata.n_vars  # scaled values below 0 count as well
    n_values = dense if kind == "scaled" else int(genes_per_cell[source.drawn].sum())
    owner = _owners(source, n_genes)
    var_names = source.adata.var_names.astype(str)
    top = var_names.get_indexer(list(owner)) if owner else np.zeros(0, dtype=np.int64)
    others = np.setdiff1d(np.arange(source.adata.n_vars), top)
    sample = np.arange(len(source.drawn))
    if n_values > _VALUES:
        n = max(2, int(len(sample) * _VALUES / n_values))
        sample = np.sort(np.random.default_rng(0).choice(len(sample), n, replace=False))
    tables = [
        _steps(log_columns(source.adata, genes, source.drawn[cells]))
        for genes, cells in ((top, np.arange(len(source.drawn))), (others, sample))
    ]
    columns, low, high = (np.concatenate(part) for part in zip(*tables, strict=True))
    codes = [_bytes(column) for column in columns]
    order = np.concatenate([top, others])
    index = {
        "names": var_names[order].tolist(),
        "aliases": _aliases(source, order),
        "owners": [source.clusters.index(cluster) for cluster in owner.values()],
        "block": BLOCK,
        "low": binary(low, "f4"),
        "high": binary(high, "f4"),
        "gaps": binary(np.array([len(gaps) for gaps, _ in codes]), "u4"),
        "values": binary(np.array([len(values) for _, values in codes]), "u4"),
        "sample": binary(sample, "u4") if len(sample) < len(source.drawn) else None,
    }
    blocks = [codes[start : start + BLOCK] for start in range(0, len(codes), BLOCK)]
    packed = [
        deflated(b"".join(gaps for gaps, _ in block) + b"".join(values for _, values in block))
        for block in blocks
    ]
    return Store(index, packed)


def _owners(source: Source, n_genes: int) -> dict[str, str]:
    """Top genes with their cluster, by cluster; the best of every cluster before the second best of any."""
    ranked = source.top_genes(n_genes)
    room = max(1, _TOP_BYTES // len(source.drawn))
    owner: dict[str, str] = {}
    for rank in range(n_genes):
        for cluster, genes in ranked.items():
            if rank < len(genes) and len(owner) < room:
                owner.setdefault(genes[rank], cluster)
    return dict(sorted(owner.items(), key=lambda item: source.clusters.index(item[1])))


Column = tuple[np.ndarray, np.ndarray]


def _steps(x: sparse.csc_matrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per gene: cells with a value and their steps; lowest and highest value. Shapes: (G,) each."""
    x.sort_indices()
    n_genes = x.shape[1]
    low, high = np.zeros(n_genes), np.zeros(n_genes)
    columns = np.empty(n_genes, dtype=object)
    for g in range(n_genes):
        own = slice(x.indptr[g], x.indptr[g + 1])
        values = x.data[own]
        if len(values):
            low[g], high[g] = min(0.0, float(values.min())), max(0.0, float(values.max()))
        span = high[g] - low[g] or 1.0
        columns[g] = (x.indices[own], np.rint(254 * (values - low[g]) / span).astype(np.uint8))
    return columns, low, high


def _bytes(column: Column) -> tuple[bytes, bytes]:
    cells, steps = column
    gaps = np.diff(cells, prepend=-1) - 1
    more = gaps // 255
    code = np.full(len(gaps) + int(more.sum()), 255, dtype=np.uint8)
    code[np.cumsum(more + 1) - 1] = gaps % 255
    return code.tobytes(), steps.tobytes()


def _aliases(source: Source, order: np.ndarray) -> list[str] | None:
    """Other names by which a gene may be sought, such as symbols beside identifiers."""
    symbols = gene_symbols(source.adata.var)
    return None if symbols is None else symbols.to_numpy()[order].tolist()
