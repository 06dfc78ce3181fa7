"""What of the published method matters: one thing changed at a time, last epoch, no label before the score.

    python benchmarks/paper_ablation.py run --data ../shared/data
    python benchmarks/paper_ablation.py page

The base is the preset ``paper`` at a width of 256 instead of 1500 and 60 epochs, so that many variants can be
afforded; the rows ``D`` and ``epochs`` tell what that costs. ARI is the median over 20 draws of its k-means.
Rows that are already there are not run again.
"""

from __future__ import annotations

import argparse
import os
import statistics
import warnings
from collections import defaultdict
from functools import cache
from pathlib import Path

from rows import append_row, read_rows

RESULTS = Path(__file__).parent / "results"
SETS = {"Goolam": "cell_type", "STARmap_mPFC_BZ9": "domain", "Zeisel_subset1464": "cell_type"}
BASE = {"hidden_channels": 256, "max_epochs": 60}
DRAWS = 20
LOSSES = ("DistributionAlignment", "NeighborhoodAlignment", "ViewConsistency")
# (factor, value): arguments of the model, of the graph, losses left out, or what is clustered
VARIANTS = {
    ("base", ""): {},
    **{("loss without", name): {"without": name} for name in LOSSES},
    ("clustered", "u, before refinement"): {"on": "u"},
    ("clustered", "z of the MLP view"): {"on": "z1"},
    ("clustered", "z of the GNN view"): {"on": "z2"},
    ("trained and clustered", "u, no refinement"): {"without": "ViewConsistency", "on": "u"},
    **{("λ1", str(value)): {"neighborhood_weight": value} for value in (0.01, 1, 10, 1000)},
    **{("λ2", str(value)): {"consistency_weight": value} for value in (0.01, 0.1, 10, 100)},
    **{("τ", str(value)): {"temperature": value} for value in (0.05, 0.5, 1.0)},
    **{("D", str(value)): {"hidden_channels": value} for value in (64, 1500)},
    **{("K", str(value)): {"out_channels": value} for value in (16, 64)},
    **{("k", str(value)): {"n_neighbors": value} for value in (5, 30)},
    **{("hops", f"{a}/{b}"): {"n_hops": (a, b)} for a, b in ((2, 2), (5, 0), (5, 5))},
    **{("genes", str(value)): {"n_top_genes": value} for value in (100, 500)},
    **{("dropout", str(value)): {"dropout": value} for value in (0.0, 0.6)},
    **{("epochs", str(value)): {"max_epochs": value} for value in (0, 15, 30, 120, 240)},
    **{("learning rate", str(value)): {"learning_rate": value} for value in (1e-5, 1e-3)},
    **{("weight decay", str(value)): {"weight_decay": value} for value in (0.0, 1e-3)},
    ("ours", "clipped at 1"): {"max_grad_norm": 1.0},
    ("ours", "input of logarithms"): {"use_rep": "log"},
}
GRAPH = ("n_neighbors", "n_top_genes")
COLUMNS = ("set", "factor", "value", "seed", "ARI")


def main():
    """Run what is missing, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("run", "page"))
    parser.add_argument("--data", default=os.environ.get("SCRCL_GEO_DATA", "../shared/data"))
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[5, 15])
    parser.add_argument("--output", type=Path, default=RESULTS / "paper_ablation.csv")
    arguments = parser.parse_args()
    if arguments.what == "page":
        rows = read_rows(arguments.output)
        arguments.output.with_suffix(".md").write_text(page(rows), encoding="utf-8")
        figure(rows, arguments.output.with_suffix(".png"))
        return
    warnings.filterwarnings("ignore")
    done = {tuple(row[name] for name in COLUMNS[:-1]) for row in read_rows(arguments.output)}
    for seed in arguments.seeds:
        for name in arguments.sets:
            for (factor, value), change in VARIANTS.items():
                if (name, factor, value, str(seed)) in done:
                    continue
                score = one(*read(arguments.data, name), dict(change), seed)
                row = dict(zip(COLUMNS, (name, factor, value, seed, score), strict=True))
                append_row(arguments.output, row, COLUMNS)
                print(f"{name} {factor} {value} seed {seed}: {score:.3f}", flush=True)


@cache
def read(data, name):
    """Cells that have a label, without any, with the graphs of the base; and the labels."""
    import anndata

    import scrcl_geo as sg

    adata = anndata.read_h5ad(Path(data) / f"{name}.h5ad")
    adata = adata[adata.obs[SETS[name]].notna()].copy()
    truth = adata.obs[SETS[name]].copy()
    adata.obs = adata.obs[[]]
    sg.pp.paper_graph(adata)
    return adata, truth


def one(adata, truth, change, seed):
    """Median ARI of one variant."""
    import scrcl_geo as sg
    from scrcl_geo.losses import Objective

    k = truth.nunique()
    graph = {name: change.pop(name) for name in GRAPH if name in change}
    if graph:
        adata = adata.copy()
        sg.pp.paper_graph(adata, **graph)
    on, without = change.pop("on", "z"), change.pop("without", None)
    if change.get("use_rep") == "log":
        adata.obsm["log"] = sg.graph.to_hetero(adata, edges=(), use_rep="X")["cell"].x.to_dense().numpy()
    untrained = change.get("max_epochs") == 0
    if untrained:  # one step of next to no length
        change |= {"max_epochs": 1, "learning_rate": 1e-12}
    model = sg.ScRCL.paper(k, spatial="spatial" in adata.obsm, **{**BASE, **change})
    if without is not None:
        model.objective = Objective(*(t for t in model.objective.terms if t.label != without))
    views = model.fit(adata, seed=seed, progress=False).views(adata)
    embedding = {"z1": views.z1, "z2": views.z2}.get(on)
    embedding = (views.side_by_side(on) if embedding is None else embedding).numpy()
    draws = [sg.cluster.spherical_kmeans(embedding, k, seed=draw) for draw in range(DRAWS)]
    return round(statistics.median(sg.metrics.scores(truth, labels)["ARI"] for labels in draws), 4)


def means(rows):
    """Mean over seeds of each variant and set, in the order of the variants."""
    found = defaultdict(list)
    for row in rows:
        found[row["factor"], row["value"], row["set"]].append(float(row["ARI"]))
    sets = list(dict.fromkeys(row["set"] for row in rows))
    return sets, {
        variant: [
            statistics.mean(found[(*variant, name)]) if (*variant, name) in found else None for name in sets
        ]
        for variant in VARIANTS
        if any((*variant, name) in found for name in sets)
    }


def page(rows):
    """A table, with the difference to the base where all sets are there."""
    sets, table = means(rows)
    seeds = sorted({int(row["seed"]) for row in rows})
    lines = [
        "# What of the published method matters",
        "",
        f"`python benchmarks/paper_ablation.py run`, then `page`; seeds {', '.join(map(str, seeds))}. "
        "ARI of the last epoch, median of 20 draws of k-means, mean over seeds.",
        "",
        f"| factor | value | {' | '.join(sets)} | mean | against base |",
        "|---|---|" + "---|" * (len(sets) + 2),
    ]
    base = statistics.mean(table["base", ""])
    for (factor, value), scores in table.items():
        whole = None not in scores
        mean = statistics.mean(scores) if whole else None
        cells = ["" if score is None else f"{score:.3f}" for score in (*scores, mean)]
        cells.append(f"{mean - base:+.3f}" if whole else "")
        lines.append(f"| {factor} | {value} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def figure(rows, path):
    """Mean difference to the base, a bar per variant."""
    import matplotlib.pyplot as plt

    _, table = means(rows)
    base = statistics.mean(table["base", ""])
    bars = {
        f"{factor} {value}": statistics.mean(scores) - base
        for (factor, value), scores in table.items()
        if None not in scores and factor != "base"
    }
    fig, axis = plt.subplots(figsize=(6, 0.22 * len(bars) + 1))
    axis.barh(
        list(bars), list(bars.values()), color=["#b2182b" if x < 0 else "#2166ac" for x in bars.values()]
    )
    axis.axvline(0, color="black", linewidth=0.8)
    axis.invert_yaxis()
    axis.set_xlabel(f"mean ARI against the base ({base:.3f})")
    axis.tick_params(labelsize=7)
    fig.tight_layout()
    fig.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
