"""Plotly figure of which clusters pass into which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from scrcl_geo import _keys
from scrcl_geo._schema.result import stored
from scrcl_geo.pl._report._figures import Panel
from scrcl_geo.pl._report._payload import text
from scrcl_geo.pl._report._source import Source

if TYPE_CHECKING:
    from anndata import AnnData

_FAINT = 0.02  # a line that nobody would see


def connectivity(source: Source) -> Panel | None:
    """Partition-based graph abstraction: which clusters pass into which."""
    weights = _paga(source)
    if weights is None:
        return None
    center = np.full((len(source.clusters), 2), np.nan)
    for k in range(len(source.clusters)):
        own = source.umap[source.codes[source.drawn] == k]
        if len(own):
            center[k] = np.median(own, axis=0)
    figure = go.Figure()
    pairs = list(zip(*np.nonzero(np.triu(weights, 1)), strict=True))
    for a, b in pairs:
        if weights[a, b] <= _FAINT:
            continue
        x, y = center[[a, b]].T
        line = {"color": "rgba(128,128,140,.55)", "width": float(1 + 9 * weights[a, b])}
        figure.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip")
    size = source.sizes
    names = [text(name) for name in source.clusters]
    figure.add_scatter(
        x=center[:, 0],
        y=center[:, 1],
        mode="markers+text",
        text=names,
        customdata=size,
        hovertemplate="cluster %{text}: %{customdata:,} cells<extra></extra>",
        textposition="middle center",
        textfont={"color": "#fff", "size": 12},
        marker={"color": source.colors, "size": 22 + 30 * np.sqrt(size / max(size.max(), 1)), "opacity": 1},
    )
    bare = {"visible": False, "zeroline": False}
    figure.update_layout(
        showlegend=False, xaxis=bare, yaxis={**bare, "scaleanchor": "x"}, meta={"clusters": "nodes"}
    )
    rows = [(source.clusters[a], source.clusters[b], weights[a, b]) for a, b in pairs]
    return figure, pd.DataFrame(rows, columns=["cluster", "other cluster", "connectivity"])


def _paga(source: Source) -> np.ndarray | None:
    """Connectivities of the clusters (K, K), computed by scanpy on an AnnData of its own."""
    import scanpy as sc
    from anndata import AnnData

    # neighbours in the embedding where there are some, else those by expression
    graph, similar = (
        stored(source.adata, "obsp", key) for key in (_keys.RESULT_CONNECTIVITIES, _keys.CONNECTIVITIES)
    )
    graph = similar if graph is None else graph
    if graph is None or len(source.clusters) < 2:
        return None
    weights = np.zeros((len(source.clusters),) * 2)
    known = source.codes >= 0
    among, codes = graph.tocsr()[known][:, known], source.codes[known]
    rows, columns = among.nonzero()
    if not (codes[rows] != codes[columns]).any():  # scanpy cannot take clusters without ties
        return weights
    names = pd.Categorical.from_codes(codes, [str(k) for k in range(len(source.clusters))])
    used = names.remove_unused_categories()
    cells = source.adata.obs_names[known].astype(str)
    helper: AnnData = AnnData(obs=pd.DataFrame({"group": used}, index=cells))
    helper.obsp["connectivities"] = among
    helper.obsp["distances"] = helper.obsp["connectivities"]
    helper.uns["neighbors"] = {
        "connectivities_key": "connectivities",
        "distances_key": "distances",
        "params": {"method": "umap", "n_neighbors": 15},
    }
    sc.tl.paga(helper, groups="group")
    at = [int(name) for name in used.categories]
    weights[np.ix_(at, at)] = helper.uns["paga"]["connectivities"].toarray()
    return weights
