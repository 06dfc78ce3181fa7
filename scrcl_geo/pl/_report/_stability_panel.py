"""Plotly figure of how stable each number of clusters is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from scrcl_geo import _keys
from scrcl_geo.pl._colors import PALETTE
from scrcl_geo.pl._report._figures import Panel
from scrcl_geo.pl._report._source import Source


def curve(source: Source) -> Panel | None:
    """Agreement of subsamples by number of clusters, with quartiles where they were kept."""
    estimate = source.adata.uns.get(_keys.NUMBER, {})
    table = estimate.get("table")
    if not isinstance(table, pd.DataFrame) or not {"n_clusters", "stability"} <= set(table):
        return None
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
    chosen = int(estimate.get("n_clusters", 0))
    if chosen in numbers:
        figure.add_vline(x=chosen, line={"color": PALETTE[1], "dash": "dot"}, annotation_text="chosen")
    figure.update_layout(showlegend=False, xaxis_title="number of clusters", yaxis_title="stability (ARI)")
    return figure, table
