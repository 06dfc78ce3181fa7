"""What the report says: which figures there are, numbers in words, parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scrcl_geo import _keys
from scrcl_geo._schema.result import stored
from scrcl_geo.pl._report import _figures, _genes, _stability_panel
from scrcl_geo.pl._report._source import Source

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from anndata import AnnData

Depth = tuple[np.ndarray, np.ndarray, str]
_LONGEST = 200  # characters of a parameter


def figures(source: Source, n_genes: int, depth: Depth) -> dict[str, go.Figure]:
    """The figures for which the AnnData holds the data, by the name of their slot on the page."""
    totals, genes, kind = depth
    counted = "counts per cell" if kind == "counts" else "sum of values per cell"
    drawn: dict[str, go.Figure | None] = {
        "sizes": _figures.sizes(source),
        "samples": _figures.samples(source),
        "counts": None if kind == "scaled" else _figures.spread(source, totals, counted),
        "genes": _figures.spread(source, genes, "genes per cell"),
        "connectivity": _genes.connectivity(source),
        "tree": _stability_panel.tree(source),
        "stability": _stability_panel.curve(source),
        "losses": _figures.losses(source),
    }
    top = _genes.shown_genes(source, n_genes)
    if top:
        drawn |= {"heatmap": _genes.heatmap(source, top), "dotplot": _genes.dotplot(source, top)}
    return {name: figure for name, figure in drawn.items() if figure is not None}


def words(source: Source, depth: Depth) -> dict[str, Any]:
    """Numbers and names for the template, which escapes them."""
    adata = source.adata
    totals, genes, kind = depth
    results = stored(adata, "uns", _keys.RESULTS, default={})
    used = stored(adata, "var", _keys.USED_GENES)
    facts = [
        (f"{adata.n_obs:,}", "cells"),
        (f"{adata.n_vars:,}", "genes" if used is None else f"genes, {int(used.sum()):,} in use"),
        (f"{len(source.clusters)}", "clusters"),
    ]
    if source.batch_key is not None:
        facts.append((f"{adata.obs[source.batch_key].nunique():,}", "samples"))
    if kind != "scaled":
        what = "counts" if kind == "counts" else "sum of values"
        facts.append((f"{np.median(totals):,.0f}", f"median {what} per cell"))
    facts.append((f"{np.median(genes):,.0f}", "median genes per cell"))
    top = source.top_genes(6)
    share = source.sizes / max(source.sizes.sum(), 1)
    return {
        "facts": facts,
        "clusters": [
            {
                "name": name,
                "color": source.colors[k],
                "cells": f"{source.sizes[k]:,}",
                "share": f"{share[k]:.1%}",
                "genes": top.get(name, []),
            }
            for k, name in enumerate(source.clusters)
        ],
        "drawn": len(source.drawn),
        "n_cells": adata.n_obs,
        "stopped": str(results.get("stopped", "")),
        "parameters": _parameters(adata),
        "versions": [(str(k), str(v)) for k, v in results.get("versions", {}).items()],
    }


def _parameters(adata: AnnData) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the run was given, by group, as names and short texts."""
    results, graph, near, around = (
        stored(adata, "uns", key, default={})
        for key in (_keys.RESULTS, _keys.GRAPH_PARAMS, _keys.NEIGHBORS, _keys.SPATIAL_NEIGHBORS)
    )
    groups = {
        "Run": {key: results[key] for key in ("seed", "device", "edges", "stopped") if key in results},
        "Model": results.get("params", {}),
        "Objective": {name: _term(term) for name, term in results.get("objective", {}).items()},
        "Expression": graph,
        "Neighbours by expression": near.get("params", {}),
        "Neighbours in space": around.get("params", {}),
    }
    return [(name, _flat(group)) for name, group in groups.items() if len(group)]


def _term(term: Any) -> str:
    return f"{term.get('loss')} on {term.get('on')}, weight {term.get('weight')}"


def _flat(group: Any, prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in group.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{key} › ")
        elif not isinstance(value, pd.DataFrame):
            shown = ", ".join(map(str, value)) if isinstance(value, list | np.ndarray) else str(value)
            shown = shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
            rows.append((f"{prefix}{key}", shown or "–"))
    return rows
