"""What the linked views can be coloured by: clusters, samples, annotations, depth, genes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from scrcl_geo.pl._colors import group_colors
from scrcl_geo.pl._log_values import log_values
from scrcl_geo.pl._report._payload import category, number
from scrcl_geo.pl._report._source import Source

_MAX_CATEGORIES = 40  # beyond which a legend helps nobody
_MAX_COLUMNS = 8
_GENE_BYTES = 6_000_000  # of expression in the page: 60 genes of 100,000 cells


def columns(source: Source, n_genes: int, depth: tuple[np.ndarray, np.ndarray, str]) -> list[dict[str, Any]]:
    """Clusters first, then the samples, other columns of ``obs``, depth, and the genes of each cluster."""
    obs = source.adata.obs.iloc[source.drawn]
    shown = [category(source.groupby, _ordered(source), source.colors) | {"clusters": True}]
    names = _categorical(obs, source)
    shown += [category(name, obs[name], _colors(source, name)) for name in names]
    totals, genes, kind = depth
    label = "counts per cell" if kind == "counts" else "sum of values per cell"
    if kind != "scaled":
        shown.append(number(label, totals[source.drawn]))
    shown.append(number("genes per cell", genes[source.drawn]))
    shown += [
        number(name, obs[name].to_numpy(dtype=np.float64))
        for name in obs
        if obs[name].dtype.kind == "f" and str(name).startswith(source.groupby)
    ]
    return shown + _genes(source, n_genes)


def _ordered(source: Source) -> pd.Series:
    codes = source.codes[source.drawn]
    return pd.Series(pd.Categorical.from_codes(codes, source.clusters))


def _categorical(obs: pd.DataFrame, source: Source) -> list[str]:
    fit = [
        str(name)
        for name in obs
        if isinstance(obs[name].dtype, pd.CategoricalDtype)
        and name != source.groupby
        and 1 < len(obs[name].cat.categories) <= _MAX_CATEGORIES
    ]
    fit.sort(key=lambda name: name != source.batch_key)  # the samples come first
    return fit[:_MAX_COLUMNS]


def _colors(source: Source, name: str) -> list[str]:
    return group_colors(source.adata, name, len(source.adata.obs[name].cat.categories))


def _genes(source: Source, n_genes: int) -> list[dict[str, Any]]:
    """Expression of the top genes of each cluster, one after the other until the page is full."""
    ranked = source.top_genes(n_genes)
    room = max(1, _GENE_BYTES // len(source.drawn))
    owner: dict[str, str] = {}
    for rank in range(n_genes):  # the best gene of every cluster before the second best of any
        for cluster, genes in ranked.items():
            if rank < len(genes) and len(owner) < room:
                owner.setdefault(genes[rank], cluster)
    order = sorted(owner, key=lambda gene: source.clusters.index(owner[gene]))
    if not order:
        return []
    values = log_values(source.adata, order)[source.drawn]
    label = "log expression"
    return [
        number(gene, values[:, [i]].toarray().ravel(), group=owner[gene], label=label)
        for i, gene in enumerate(order)
    ]
