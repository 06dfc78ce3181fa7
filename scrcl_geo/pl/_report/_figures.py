"""Plotly figures of the clusters: sizes, samples, depth, losses, each with the table that it draws.

A figure's ``meta`` says along which axis its clusters lie, so that the page can name and mark them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from scrcl_geo import _keys
from scrcl_geo._schema.result import stored
from scrcl_geo.cluster._palette import PALETTE
from scrcl_geo.pl._report._payload import text
from scrcl_geo.pl._report._source import Source

Panel = tuple[go.Figure, pd.DataFrame]


def cluster_ticks(source: Source) -> dict[str, object]:
    """Clusters at 0, 1, … with their names as labels: an axis that no name can bend."""
    names = [text(name) for name in source.clusters]
    return {"tickvals": list(range(len(names))), "ticktext": names, "zeroline": False}


def sizes(source: Source) -> Panel:
    """Cells per cluster."""
    n = source.sizes
    share = n / max(n.sum(), 1)
    figure = go.Figure(
        go.Bar(
            x=np.arange(len(n)),
            y=n,
            marker_color=source.colors,
            customdata=share,
            hovertemplate="cluster %{x}<br>%{y:,} cells, %{customdata:.1%}<extra></extra>",
        )
    )
    figure.update_layout(
        xaxis={"title": "cluster", **cluster_ticks(source)}, yaxis_title="cells", meta={"clusters": "x"}
    )
    return figure, pd.DataFrame({"cluster": source.clusters, "cells": n, "share": share})


def samples(source: Source) -> Panel | None:
    """Share of each cluster in each sample."""
    if source.batch_key is None:
        return None
    column = source.adata.obs[source.batch_key].astype("category")
    known = (source.codes >= 0) & column.notna().to_numpy()
    cells = np.zeros((len(column.cat.categories), len(source.clusters)), dtype=np.int64)
    np.add.at(cells, (column.cat.codes.to_numpy()[known], source.codes[known]), 1)
    share = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    names = [text(name) for name in column.cat.categories]
    figure = go.Figure(
        [
            go.Bar(
                y=np.arange(len(names)),
                x=share[:, k],
                name=text(name),
                orientation="h",
                marker_color=source.colors[k],
                text=names,
                textposition="none",
                hovertemplate="%{text}: %{x:.1%} in cluster %{fullData.name}<extra></extra>",
            )
            for k, name in enumerate(source.clusters)
        ]
    )
    figure.update_layout(
        barmode="stack",
        showlegend=False,
        xaxis={"title": "share of the sample's cells", "tickformat": ".0%", "range": [0, 1]},
        yaxis={"tickvals": list(range(len(names))), "ticktext": names, "autorange": "reversed"},
        height=120 + 28 * len(names),
        meta={"clusters": "traces"},
    )
    sample, cluster = (index.ravel() for index in np.indices(cells.shape))
    table = pd.DataFrame(
        {
            "sample": column.cat.categories.astype(str)[sample],
            "cluster": np.array(source.clusters)[cluster],
            "cells": cells.ravel(),
            "share": share.ravel(),
        }
    )
    return figure, table


def spread(source: Source, values: np.ndarray, title: str) -> Panel:
    """Quartiles and the middle 90 % of a number per cell, by cluster."""
    figure = go.Figure()
    rows = []
    for k, name in enumerate(source.clusters):
        own = values[source.codes == k]
        if not len(own):
            continue
        low, q1, median, q3, high = (float(q) for q in np.quantile(own, [0.05, 0.25, 0.5, 0.75, 0.95]))
        box = {"lowerfence": [low], "q1": [q1], "median": [median], "q3": [q3], "upperfence": [high]}
        figure.add_box(x=[k], name=text(name), marker_color=source.colors[k], line_width=1.5, **box)
        rows.append((name, low, q1, median, q3, high))
    figure.update_layout(
        showlegend=False,
        xaxis={"title": "cluster", **cluster_ticks(source)},
        yaxis={"title": title, "rangemode": "tozero"},
        meta={"clusters": "x"},
    )
    return figure, pd.DataFrame(rows, columns=["cluster", "5 %", "25 %", "median", "75 %", "95 %"])


def losses(source: Source) -> Panel | None:
    """Weighted value of each loss term per epoch."""
    table = stored(source.adata, "uns", _keys.RESULTS, default={}).get("losses")
    if table is None or table.empty:
        return None
    epochs = np.arange(1, len(table) + 1)
    figure = go.Figure(
        [
            go.Scatter(
                x=epochs,
                y=table[term].to_numpy(),
                name=text(term),
                line={"color": PALETTE[i % len(PALETTE)], "width": 2.5},
            )
            for i, term in enumerate(table)
        ]
    )
    figure.update_layout(
        xaxis_title="epoch",
        yaxis_title="weighted loss",
        hovermode="x unified",
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    return figure, table.reset_index(drop=True).assign(epoch=epochs)
