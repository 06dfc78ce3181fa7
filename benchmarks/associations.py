"""Do the genes of our clusters name the true types? Overlap with markers computed from the true labels.

    python benchmarks/associations.py --data ../shared/data --output benchmarks/results/associations.csv

Per true type: the genes of the cluster that matches it best (by F1), against Wilcoxon markers of the type
from the true labels. Columns: precision at 10, 20 and 50 of our ranking, and of Wilcoxon markers on the same
clusters, which is what one would do otherwise. Both are ranked among the genes in use. Labels are taken out
before the run and are read again by the scorer alone.
"""

from __future__ import annotations

import argparse
import os
import warnings
from pathlib import Path

import pandas as pd
from sklearn.metrics import f1_score

SETS = {  # those with gene names
    "Paul15": "cell_type",
    "Zeisel_subset1464": "cell_type",
    "Goolam": "cell_type",
    "CellBench_sc_celseq2": "cell_type",
    "DLPFC_151673": "domain",
    "DLPFC_151674": "domain",
    "HER2ST_A1": "domain",
    "HER2ST_B1": "domain",
    "HER2ST_C1": "domain",
    "HER2ST_D1": "domain",
    "STARmap_mPFC_BZ5": "domain",
    "STARmap_mPFC_BZ9": "domain",
    "MERFISH_hypothalamus_0.04": "domain",
    "MERFISH_hypothalamus_0.09": "domain",
    "MERFISH_hypothalamus_0.14": "domain",
}
DEPTHS = (10, 20, 50)


def main():
    """Run the sets and write rows and a summary."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("SCRCL_GEO_DATA", "../shared/data"))
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/associations.csv"))
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    rows = []
    for name in arguments.sets:
        rows += one(arguments.data / f"{name}.h5ad", SETS[name], arguments.seed)
        table = pd.DataFrame(rows)
        print(name, table[table["set"] == name].mean(numeric_only=True).round(2).to_dict(), flush=True)
    table.round(4).to_csv(arguments.output, index=False)
    arguments.output.with_suffix(".md").write_text(report(table), encoding="utf-8")


def one(path, label, seed):
    """A row per true type of one set."""
    import anndata

    from scrcl_geo import _pipeline

    adata = anndata.read_h5ad(path)
    truth = adata.obs[label].astype("category")
    adata.obs = adata.obs[[]]
    _pipeline.run(adata, _pipeline.Job(truth.nunique(), seed=seed, progress=False))
    return compare(adata, truth, path.stem)


def compare(adata, truth, name):
    """A row per true type of a finished run."""
    ours = adata.uns["scrcl_associations"].groupby("group", observed=True)["names"].apply(list)
    markers = wilcoxon(adata, truth)
    same_clusters = wilcoxon(adata, adata.obs["scrcl"])
    known = truth.notna().to_numpy()
    clusters = adata.obs["scrcl"]
    rows = []
    for kind in truth.cat.categories:
        is_kind = (truth == kind).to_numpy()[known]
        fit = {c: f1_score(is_kind, (clusters == c).to_numpy()[known]) for c in clusters.cat.categories}
        best = max(fit, key=fit.get)
        row = {"set": name, "type": kind, "cells": int(is_kind.sum()), "f1": fit[best]}
        for depth in DEPTHS:
            if depth <= len(markers[kind]) // 2:  # deeper, any ranking overlaps
                row[f"ours@{depth}"] = precision(ours[best], markers[kind], depth)
                row[f"wilcoxon@{depth}"] = precision(same_clusters[best], markers[kind], depth)
        rows.append(row)
    return rows


def wilcoxon(adata, groups):
    """Genes in use by falling Wilcoxon score, per group; a group of one cell has none."""
    import anndata
    import scanpy as sc

    from scrcl_geo._features.expression import used_expression

    names = adata.var_names[adata.var["scrcl_used"]]
    sub = anndata.AnnData(used_expression(adata), obs=pd.DataFrame({"g": groups.to_numpy()}, adata.obs_names))
    sub.var_names = names
    sub = sub[sub.obs["g"].notna()].copy()
    sub.obs["g"] = sub.obs["g"].astype(str).astype("category")
    large = [g for g, n in sub.obs["g"].value_counts().items() if n > 1]
    sc.tl.rank_genes_groups(sub, "g", groups=large, method="wilcoxon")
    ranked = sub.uns["rank_genes_groups"]["names"]
    markers = {g: list(ranked[g]) for g in large}
    return {str(g): markers.get(str(g), list(names)) for g in groups.cat.categories}


def precision(ranked, markers, depth):
    """Share of the first ``depth`` genes that are among the first ``depth`` markers."""
    return len(set(ranked[:depth]) & set(markers[:depth])) / depth


def report(table):
    """The Markdown page: means over the types of each set, and over sets."""
    columns = [c for c in table if "@" in c]
    mean = table.groupby("set", sort=False)[["f1", *columns]].mean()
    mean.insert(0, "types", table.groupby("set", sort=False).size())
    mean.loc["mean"] = mean.mean()
    head = ["set", *mean.columns]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, row in mean.iterrows():
        cells = [f"{row['types']:.0f}", *("" if pd.isna(v) else f"{v:.2f}" for v in row[1:])]
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return "\n".join(
        [
            "# Genes of clusters against markers of the true types",
            "",
            "Precision at n: share of a cluster's first n genes among the first n Wilcoxon markers of",
            "the true type it matches best; mean over types. `ours`: `tl.associations`; `wilcoxon`: markers",
            "on the same clusters. The reference is itself a Wilcoxon ranking. `f1`: fit of the cluster.",
            "One seed, number of clusters given.",
            "",
            *lines,
            "",
        ]
    )


if __name__ == "__main__":
    main()
