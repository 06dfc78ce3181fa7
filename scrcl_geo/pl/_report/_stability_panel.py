"""Plotly figures of what other numbers of clusters would give."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from scrcl_geo import _keys
from scrcl_geo._palette import PALETTE
from scrcl_geo._schema.result import stored
from scrcl_geo.pl._colors import group_colors
from scrcl_geo.pl._report._payload import text
from scrcl_geo.pl._report._source import Source


def curve(source: Source) -> go.Figure | None:
    """Agreement of subsamples by number of clusters, with quartiles where they were kept."""
    estimate = stored(source.adata, "uns", _keys.NUMBER)
    if estimate is None:
        return None
    table = estimate["table"]
    numbers = table["n_clusters"].to_numpy()
    figure = go.Figure()
    if {"stability_low", "stability_high"} <= set(table):
        figure.add_scatter(
            x=np.concatenate([numbers, numbers[::-1]]),
            y=np.concatenate([table["stability_high"], table["stability_low"][::-1]]),
            fill="toself",
            fillcolor="rgba(0,114,178,.18)",
            line_width=0,
            hoverinfo="skip",
        )
    line = {"color": PALETTE[0], "width": 2.5}
    figure.add_scatter(x=numbers, y=table["stability"].to_numpy(), mode="lines+markers", line=line)
    chosen = int(estimate["n_clusters"])
    if chosen in numbers:
        figure.add_vline(x=chosen, line={"color": PALETTE[1], "dash": "dot"}, annotation_text="chosen")
    figure.update_layout(showlegend=False, xaxis_title="number of clusters", yaxis_title="stability (ARI)")
    return figure


def tree(source: Source) -> go.Figure | None:
    """How clusters of coarser and finer partitions share their cells, as a flow from left to right."""
    obs = source.adata.obs
    keys = [key for key in _partitions(source) if key in obs]
    if len(keys) < 2:
        return None
    labels: list[str] = []
    colors: list[str] = []
    start: dict[str, int] = {}
    for key in keys:
        start[key] = len(labels)
        names = obs[key].astype("category").cat.categories
        labels += [text(name) for name in names]
        colors += group_colors(source.adata, key, len(names))
    links: dict[str, list[float]] = {"source": [], "target": [], "value": []}
    for left, right in itertools.pairwise(keys):
        for a, row in enumerate(pd.crosstab(obs[left], obs[right]).to_numpy()):
            for b in np.flatnonzero(row):
                links["source"].append(start[left] + a)
                links["target"].append(start[right] + int(b))
                links["value"].append(int(row[b]))
    figure = go.Figure(
        go.Sankey(node={"label": labels, "color": colors, "pad": 12, "thickness": 14}, link=links)
    )
    figure.update_layout(height=460, meta={"partitions": [text(key) for key in keys]})
    return figure


def _partitions(source: Source) -> list[str]:
    """Columns that hold the same cells at several numbers of clusters, coarse to fine."""
    prefix = f"{source.groupby}_"
    numbers = {str(c): str(c)[len(prefix) :] for c in source.adata.obs if str(c).startswith(prefix)}
    return sorted((c for c, number in numbers.items() if number.isdecimal()), key=lambda c: int(numbers[c]))
