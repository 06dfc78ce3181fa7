"""What the report says: which figures there are, numbers in words, parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scrcl_geo import _keys
from scrcl_geo._schema.result import stored
from scrcl_geo._version import __version__
from scrcl_geo.pl._report import _again, _figures, _genes, _stability_panel, _ties, _tree
from scrcl_geo.pl._report._figures import Panel
from scrcl_geo.pl._report._payload import deflated
from scrcl_geo.pl._report._source import Source

if TYPE_CHECKING:
    from anndata import AnnData

Depth = tuple[np.ndarray, np.ndarray, str]
Parameters = list[tuple[str, list[tuple[str, str]]]]
_LONGEST = 200  # characters of a parameter
_RANKED = 1000  # genes of a cluster in the table of associations; the file holds them all


def panels(source: Source, n_genes: int, depth: Depth) -> dict[str, Panel]:
    """The figures for which the AnnData holds the data, with their tables, by the name of their slot."""
    totals, genes, kind = depth
    counted = "counts per cell" if kind == "counts" else "sum of values per cell"
    drawn: dict[str, Panel | None] = {
        "sizes": _figures.sizes(source),
        "samples": _figures.samples(source),
        "counts": None if kind == "scaled" else _figures.spread(source, totals, counted),
        "genes": _figures.spread(source, genes, "genes per cell"),
        "connectivity": _ties.connectivity(source),
        "tree": _tree.tree(source),
        "stability": _stability_panel.curve(source),
        "losses": _figures.losses(source),
    }
    top = _genes.shown_genes(source, n_genes)
    if top:
        drawn |= {"heatmap": _genes.heatmap(source, top), "dotplot": _genes.dotplot(source, top)}
    return {name: panel for name, panel in drawn.items() if panel is not None}


def tables(source: Source, drawn: dict[str, Panel], parameters: Parameters) -> dict[str, str]:
    """Every table of the page as CSV, compressed: those of the figures, all associations, all parameters."""
    frames = {name: table for name, (_, table) in drawn.items()}
    if source.associations is not None:
        strongest = source.associations.groupby("group", sort=False, observed=True).head(_RANKED)
        frames["associations"] = strongest.rename(columns={"group": "cluster", "names": "gene"})
    rows = [(group, key, value) for group, pairs in parameters for key, value in pairs]
    frames["parameters"] = pd.DataFrame(rows, columns=["group", "name", "value"])
    return {
        name: deflated(frame.to_csv(index=False, float_format="%.6g").encode(errors="replace"))
        for name, frame in frames.items()
    }


def words(source: Source, depth: Depth, output: str) -> dict[str, Any]:
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
        "found": source.groupby == _keys.CLUSTERS and bool(len(results)),
        "summed": kind != "counts",
        "ranked_by_size": bool((np.diff(source.sizes) <= 0).all()),
        "groupby": source.groupby,
        "no_structure": not stored(adata, "uns", _keys.STRUCTURE, default={}).get("found", True),
        "stopped": str(results.get("stopped", "")),
        "parameters": _parameters(adata),
        "commands": _again.commands(source, output),
        "output": output,
    }


def _parameters(adata: AnnData) -> Parameters:
    """What the run was given, by group, as names and short texts."""
    results, graph, near, around = (
        stored(adata, "uns", key, default={})
        for key in (_keys.RESULTS, _keys.GRAPH_PARAMS, _keys.NEIGHBORS, _keys.SPATIAL_NEIGHBORS)
    )
    groups = {
        "Run": {
            key: results[key]
            for key in ("input", "input_list", "seed", "device", "edges", "stopped")
            if key in results
        },
        "Model": results.get("params", {}),
        "Objective": {name: _term(term) for name, term in results.get("objective", {}).items()},
        "Expression": graph,
        "Neighbours by expression": near.get("params", {}),
        "Neighbours in space": around.get("params", {}),
        "Versions": {**results.get("versions", {}), "this page": f"scrcl_geo {__version__}"},
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
