"""What the linked views can be coloured by, beside genes: clusters, samples, annotations, depth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from scrcl_geo.pl._colors import group_colors
from scrcl_geo.pl._report._payload import category, number
from scrcl_geo.pl._report._source import Source

_MAX_CATEGORIES = 40  # beyond which a legend helps nobody
_MAX_COLUMNS = 8


def columns(source: Source, depth: tuple[np.ndarray, np.ndarray, str]) -> list[dict[str, Any]]:
    """Clusters first, then the samples, other columns of ``obs``, and depth."""
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
    return shown


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
