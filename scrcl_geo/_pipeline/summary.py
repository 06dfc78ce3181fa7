"""Text for people: what a file holds, what a run would use, what it gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo._features.values import detect_values
from scrcl_geo._files.memory import peak_gigabytes
from scrcl_geo._pipeline.plan import Plan

if TYPE_CHECKING:
    from anndata import AnnData


def describe(adata: AnnData, *, layer: str | None = None) -> str:
    """What an AnnData holds and what a default run on it would use, with an estimate."""
    matrix = checks.data_matrix(adata, layer)
    plan = Plan.of(adata, layer=layer)
    density = plan.n_values / np.prod(matrix.shape)
    in_space = _keys.SPATIAL in adata.obsm
    edges = "space" if in_space else "expression"
    rows = [
        ("cells", f"{adata.n_obs:,}"),
        ("genes", f"{adata.n_vars:,} ({plan.n_genes:,} at most are used)"),
        ("values", f"{detect_values(matrix)}, {density:.1%} stored"),
        ("layers", _validate.shown(list(adata.layers.keys()))),
        ("obsm", _validate.shown(list(adata.obsm.keys()))),
        ("neighbours", f"in {edges}"),
    ]
    rows += [(f"seconds {stage}", f"{value:.0f}") for stage, value in plan.seconds.items()]
    rows.append(("estimate", str(plan)))
    return table(rows)


def summarize(adata: AnnData, seconds: dict[str, float], *, n_genes: int = 5) -> str:
    """Result of a run: sizes, edges, time, memory, and clusters with their top genes."""
    used = int(adata.var[_keys.USED_GENES].sum())
    rows = [("cells", f"{adata.n_obs:,}"), ("genes", f"{used:,} of {adata.n_vars:,}")]
    for name, slot, key in (
        ("similar_to", adata.obsp, _keys.CONNECTIVITIES),
        ("near", adata.obsp, _keys.SPATIAL_CONNECTIVITIES),
        ("coexpressed_with", adata.varp, _keys.COEXPRESSION_CONNECTIVITIES),
    ):
        if key in slot:
            rows.append((f"edges {name}", f"{slot[key].nnz:,}"))
    rows.append(("edges expresses", f"{adata.uns[_keys.GRAPH_PARAMS]['n_expressed']:,}"))
    if _keys.NUMBER in adata.uns:
        rows.append(("clusters", estimated(adata.uns[_keys.NUMBER])))
    rows += [(f"seconds {stage}", f"{value:.1f}") for stage, value in seconds.items()]
    rows.append(("seconds in all", f"{sum(seconds.values()):.1f}"))
    rows.append(("peak memory", f"{peak_gigabytes():.2f} GB"))
    rows.append(("training", adata.uns[_keys.RESULTS]["stopped"]))
    return table(rows) + "\n\n" + clusters(adata, n_genes)


def estimated(number: dict[str, Any]) -> str:
    """The number of clusters that was estimated, among which, and how stable it is."""
    if number["n_clusters"] == 1:
        return "1: no structure was found, the genes vary no more together than by chance"
    numbers = number["table"].set_index("n_clusters")["stability"]
    stable = f"stability {numbers[number['n_clusters']]:.2f}"
    return f"{number['n_clusters']}, estimated among {numbers.index[0]} to {numbers.index[-1]} ({stable})"


def clusters(adata: AnnData, n_genes: int) -> str:
    """Clusters with size and top genes, one per line."""
    found = adata.uns[_keys.ASSOCIATIONS]
    shown = "symbols" if "symbols" in found else "names"
    ranked = found.groupby("group", sort=False)[shown]
    top = ranked.apply(lambda names: ", ".join(names.head(n_genes)))
    sizes = adata.obs[_keys.CLUSTERS].value_counts(sort=False)
    rows = [("cluster", f"{'cells':>7}  top genes")]
    rows += [(str(group), f"{sizes[group]:>7,}  {top[group]}") for group in sizes.index]
    return table(rows)


def table(rows: list[tuple[str, str]]) -> str:
    """Two aligned columns."""
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)
