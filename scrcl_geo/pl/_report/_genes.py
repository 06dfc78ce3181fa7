"""Plotly figures of genes: associations and expression by cluster, each with the table that it draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from scrcl_geo.pl._log_values import log_values
from scrcl_geo.pl._report._figures import Panel, cluster_ticks
from scrcl_geo.pl._report._payload import text
from scrcl_geo.pl._report._source import Source

_DIVERGING = [[0, "#2b5c9e"], [0.25, "#8fb3d9"], [0.5, "#f4f2ee"], [0.75, "#e8a57c"], [1, "#b1391f"]]
_ROW = 17  # pixels of a gene


def shown_genes(source: Source, n: int) -> list[str]:
    """The top genes of every cluster, each once, in the order of the clusters."""
    return list(dict.fromkeys(gene for genes in source.top_genes(n).values() for gene in genes))


def heatmap(source: Source, genes: list[str]) -> Panel:
    """Association scores, genes × clusters."""
    assert source.associations is not None  # noqa: S101 - drawn where there are some
    table = source.associations[source.associations["names"].isin(genes)]
    scores = (
        table.assign(group=table["group"].astype(str), names=table["names"].astype(str))
        .pivot(index="names", columns="group", values="scores")
        .reindex(index=genes, columns=source.clusters)
        .to_numpy(dtype=np.float32)
    )
    limit = float(np.nanmax(np.abs(scores))) if np.isfinite(scores).any() else 1.0
    figure = go.Figure(
        go.Heatmap(
            z=scores,
            x=np.arange(len(source.clusters)),
            y=np.arange(len(genes)),
            zmin=-limit,
            zmax=limit,
            colorscale=_DIVERGING,
            xgap=1,
            ygap=1,
            text=[[text(gene)] * len(source.clusters) for gene in genes],
            hovertemplate="%{text}<br>cluster %{x}: %{z:.1f}<extra></extra>",
            colorbar={"title": "z-score", "thickness": 12, "len": 0.5, "y": 1, "yanchor": "top"},
        )
    )
    return _gene_rows(figure, source, genes), table


def dotplot(source: Source, genes: list[str]) -> Panel:
    """Share of a cluster's cells that express a gene, and mean expression relative to the gene's largest."""
    x = log_values(source.adata, genes)
    known = np.flatnonzero(source.codes >= 0)
    members = np.eye(len(source.clusters), dtype=np.float32)[source.codes[known]]  # (N, K)
    n = np.maximum(members.sum(axis=0), 1)
    mean = (x[known].T @ members) / n  # (G, K)
    share = ((x[known] > 0).astype(np.float32).T @ members) / n
    relative = mean / np.maximum(mean.max(axis=1, keepdims=True), 1e-12)
    gene, cluster = np.indices(share.shape)
    names = np.array([text(name) for name in genes])[gene.ravel()]
    figure = go.Figure(
        go.Scatter(
            x=cluster.ravel(),
            y=gene.ravel(),
            mode="markers",
            text=names,
            customdata=np.stack([share.ravel(), mean.ravel()], axis=1).astype(np.float32),
            hovertemplate="%{text}<br>cluster %{x}: %{customdata[0]:.0%} of cells, mean %{customdata[1]:.2f}"
            "<extra></extra>",
            marker={
                "size": (1 + 14 * np.sqrt(share.ravel())).astype(np.float32),
                "color": relative.ravel().astype(np.float32),
                "cmin": 0,
                "cmax": 1,
                "line": {"width": 0.5, "color": "rgba(128,128,128,.6)"},
                "colorbar": {
                    "title": "relative<br>mean",
                    "thickness": 12,
                    "len": 0.5,
                    "y": 1,
                    "yanchor": "top",
                },
            },
        )
    )
    table = pd.DataFrame(
        {
            "gene": np.array(genes)[gene.ravel()],
            "cluster": np.array(source.clusters)[cluster.ravel()],
            "share": share.ravel(),
            "mean": mean.ravel(),
        }
    )
    return _gene_rows(figure, source, genes), table


def _gene_rows(figure: go.Figure, source: Source, genes: list[str]) -> go.Figure:
    ticks = {"tickvals": list(range(len(genes))), "ticktext": [text(gene) for gene in genes]}
    columns = {"side": "top", "range": [-0.6, len(source.clusters) - 0.4], **cluster_ticks(source)}
    figure.update_layout(
        xaxis=columns,
        yaxis={"range": [len(genes) - 0.4, -0.6], "tickfont": {"size": 11}, "zeroline": False, **ticks},
        height=90 + _ROW * len(genes),
        meta={"clusters": "x", "genes": genes},
    )
    return figure
