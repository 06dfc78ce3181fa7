"""Plotly figure of how stable each number of clusters is."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from scrcl_geo import _keys
from scrcl_geo._schema.result import stored
from scrcl_geo.cluster._palette import PALETTE
from scrcl_geo.pl._report._figures import Panel
from scrcl_geo.pl._report._source import Source


def curve(source: Source) -> Panel | None:
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
    return figure, table
