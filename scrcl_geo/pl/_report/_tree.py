"""Plotly figure of how clusters of fewer split into clusters of more, as bands from left to right."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from scrcl_geo.pl._report._figures import Panel
from scrcl_geo.pl._report._payload import text
from scrcl_geo.pl._report._source import Source

_BAND = 0.55  # opacity: told from the paper, light or dark, and from each other where they cross


def tree(source: Source) -> Panel | None:
    """Partitions from coarse to fine; a cluster has the colour of the one on the rest of the page that it
    shares most cells with."""
    obs = source.adata.obs
    keys = _partitions(source)
    if len(keys) < 2:
        return None
    groups = {key: obs[key].astype("category") for key in keys}
    labels: list[str] = []
    colors: list[str] = []
    start: dict[str, int] = {}
    for key, column in groups.items():
        start[key] = len(labels)
        labels += [text(name) for name in column.cat.categories]
        colors += [source.colors[k] for k in _shown_as(source, column)]
    rows = []
    for left, right in itertools.pairwise(keys):
        shared = _shared(groups[left], groups[right])
        rows += [(left, a, right, b, int(shared[a, b])) for a, b in zip(*np.nonzero(shared), strict=True)]
    sources = [start[left] + int(a) for left, a, *_ in rows]
    targets = [start[right] + int(b) for _, _, right, b, _ in rows]
    link = {
        "source": sources,
        "target": targets,
        "value": [cells for *_, cells in rows],
        "color": [_faint(colors[target]) for target in targets],
        "hovertemplate": "%{source.label} and %{target.label}: %{value:,} cells<extra></extra>",
    }
    node = {"label": labels, "color": colors, "pad": 14, "thickness": 16}
    figure = go.Figure(go.Sankey(node=node, link=link))
    figure.update_layout(height=480, margin={"t": 44}, annotations=_numbers(groups))
    names = {key: groups[key].cat.categories.astype(str) for key in keys}
    table = pd.DataFrame(
        [(left, names[left][a], right, names[right][b], cells) for left, a, right, b, cells in rows],
        columns=["coarse", "coarse cluster", "fine", "fine cluster", "cells"],
    )
    return figure, table


def _partitions(source: Source) -> list[str]:
    """Columns that hold the same cells at several numbers of clusters, coarse to fine."""
    prefix = f"{source.groupby}_"
    numbers = {str(c): str(c)[len(prefix) :] for c in source.adata.obs if str(c).startswith(prefix)}
    keys = [c for c, number in numbers.items() if number.isdecimal() and source.adata.obs[c].notna().any()]
    return sorted(keys, key=lambda c: int(numbers[c]))


def _shared(left: pd.Series, right: pd.Series) -> np.ndarray:
    """Cells that each two categories share; those without one count nowhere."""
    counts = pd.crosstab(left, right)
    return counts.reindex(index=left.cat.categories, columns=right.cat.categories, fill_value=0).to_numpy()


def _shown_as(source: Source, column: pd.Series) -> np.ndarray:
    """For each category the cluster of the page with which it shares most cells."""
    known = (source.codes >= 0) & column.notna().to_numpy()
    shared = np.zeros((len(column.cat.categories), len(source.clusters)), dtype=np.int64)
    np.add.at(shared, (column.cat.codes.to_numpy()[known], source.codes[known]), 1)
    return shared.argmax(axis=1)


def _numbers(groups: dict[str, pd.Series]) -> list[dict[str, object]]:
    """K above each partition."""
    anchors = ["left", *["center"] * (len(groups) - 2), "right"]
    return [
        {
            "text": f"<b>K = {len(column.cat.categories)}</b>",
            "x": i / (len(groups) - 1),
            "y": 1,
            "xref": "paper",
            "yref": "paper",
            "xanchor": anchors[i],
            "yanchor": "bottom",
            "yshift": 10,
            "showarrow": False,
        }
        for i, column in enumerate(groups.values())
    ]


def _faint(color: str) -> str:
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{_BAND})"
