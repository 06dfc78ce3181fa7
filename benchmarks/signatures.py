"""Do the genes of found clusters recover published signatures? Hits, enrichment and area, of four rankings.

    python benchmarks/signatures.py --data ../shared/data

A signature is a list of published markers of a type or a layer, written down before any ranking was seen. It
is looked for in the genes of the cluster that fits the type best (F1); the type is read for that alone. All
rank the genes in use, on the same clusters. ``filtered`` is what the published code's script for genes does:
the first 20 by Wilcoxon, of these the ones that half of the cluster and at most a quarter of the others
express. A graph of the clusters (PAGA) goes with each set.
"""

from __future__ import annotations

import argparse
import os
import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import scanpy as sc
from annotate import BASS, HUMAN, MOUSE, PREFRONTAL, VISIUM
from scipy.stats import hypergeom, mannwhitneyu
from sklearn.metrics import f1_score

HERE = Path(__file__).parent
FIRST = 20
# Bone marrow progenitors: genes of the clusters of Paul et al. 2015 (Cell 163:1663), and what is known of
# granules (Prss34, Mcpt8; Prg2, Epx; Elane, Mpo, Prtn3, Ctsg) and lineages (Gata1, Klf1; Irf8; Itga2b, Mpl)
BLOOD = {
    "erythroid": ["Hba-a2", "Hbb-b1", "Car1", "Car2", "Klf1", "Gata1", "Gypa", "Aqp1", "Blvrb"],
    "megakaryocyte": ["Pf4", "Itga2b", "Cd9", "Serpine2", "Vwf", "Gp9", "Mpl"],
    "basophil": ["Prss34", "Mcpt8", "Cpa3", "Gzmb"],
    "neutrophil": ["Elane", "Mpo", "Prtn3", "Ctsg", "Gstm1", "Cebpe", "S100a8", "Lcn2"],
    "monocyte": ["Irf8", "Ly86", "Csf1r", "F13a1", "Klf4", "Ly6c2"],
    "dendritic": ["Cd74", "H2-Aa", "H2-Ab1", "Id2", "Cst3"],
    "lymphoid": ["Ccl5", "Nkg7", "Thy1"],
}
LINEAGES = {
    **{f"{n}Ery": "erythroid" for n in range(1, 7)},
    **{"8Mk": "megakaryocyte", "11DC": "dendritic", "19Lymph": "lymphoid"},
    **{"12Baso": "basophil", "13Baso": "basophil", "16Neu": "neutrophil", "17Neu": "neutrophil"},
    **{"14Mo": "monocyte", "15Mo": "monocyte"},
}
# Hippocampus: Zeisel et al. 2015 (Science 347:1138), of the third of the genes that this set has
HIPPOCAMPUS = {
    "pyramidal CA1": ["Fibcd1", "Bcl11b", "Slc30a3", "Nrn1", "Epha7", "Tbr1"],
    "interneurons": ["Slc6a1", "Npy", "Reln", "Penk", "Crh", "Crhbp", "Kcnip1", "Btbd11", "Nrxn3"],
    "endothelial-mural": [
        "Flt1",
        "Tek",
        "Slco1c1",
        "Emcn",
        "Ly6e",
        "Id3",
        "Ece1",
        "Cald1",
        "Fermt2",
        "Anxa2",
    ],
}
SETS = {  # signatures, and what the annotators call them
    "Paul15": (BLOOD, LINEAGES),
    "Zeisel_subset1464": (HIPPOCAMPUS, {name: name for name in HIPPOCAMPUS}),
    "STARmap_mPFC_BZ5": (PREFRONTAL, BASS),
    "STARmap_VISp_BY3": (MOUSE, {name: name for name in MOUSE}),
    "DLPFC_151673": (HUMAN, VISIUM),
}


def main():
    """Run the sets; write the rows, the page and the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("SCRCL_GEO_DATA", "../shared/data"))
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=HERE / "results" / "signatures.csv")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    mpl.use("Agg")
    found = {name: case(arguments.data / f"{name}.h5ad", arguments.seed) for name in arguments.sets}
    table = pd.concat([rows for _, rows in found.values()], ignore_index=True)
    table.round(5).to_csv(arguments.output, index=False)
    arguments.output.with_suffix(".md").write_text(page(table), encoding="utf-8")
    figure({name: adata for name, (adata, _) in found.items()}, arguments.output.with_suffix(".png"))


def case(path, seed):
    """A finished run of one set, and a row per signature and ranking."""
    import anndata

    from scrcl_geo import _pipeline

    adata = anndata.read_h5ad(path)
    column = "domain" if "domain" in adata.obs else "cell_type"
    signatures, names = SETS[path.stem]
    truth = adata.obs[column].astype(str).map(names)
    n_clusters = adata.obs[column].nunique()
    adata.obs = adata.obs[[]]
    _pipeline.run(adata, _pipeline.Job(n_clusters, seed=seed, progress=False))
    rankings = ranked(adata)
    in_use = set(adata.var_names[adata.var["scrcl_used"]])
    rows = []
    for kind, genes in signatures.items():
        measured = in_use & set(genes)
        if not measured or not (truth == kind).any():
            continue
        cluster, fit = best_cluster(adata.obs["scrcl"], truth, kind)
        for method, groups in rankings.items():
            row = {
                "set": path.stem,
                "signature": kind,
                "f1": fit,
                "measured": len(measured),
                "ranking": method,
            }
            rows.append({**row, **recovered(groups[cluster], measured, len(in_use))})
    print(path.stem, pd.DataFrame(rows).groupby("ranking")[["hits", "auroc"]].mean().round(2), flush=True)
    return adata, pd.DataFrame(rows)


def ranked(adata):
    """Genes in use by falling rank in each cluster, of four rankings."""
    from scrcl_geo._features.expression import used_expression

    ours = adata.uns["scrcl_associations"].groupby("group", observed=True)["names"].apply(list)
    sub = sc.AnnData(used_expression(adata), obs=adata.obs[["scrcl"]])
    sub.var_names = adata.var_names[adata.var["scrcl_used"]]
    groups = [name for name, n in sub.obs["scrcl"].value_counts().items() if n > 1]
    rankings = {"associations": ours.to_dict()}
    for name, method in (("wilcoxon", "wilcoxon"), ("logistic regression", "logreg")):
        sc.tl.rank_genes_groups(sub, "scrcl", groups=groups, method=method, pts=True, key_added=name)
        result = sub.uns[name]["names"]
        rankings[name] = {group: list(result[group]) for group in groups}
    shares, others = (sub.uns["wilcoxon"][key] for key in ("pts", "pts_rest"))
    rankings["filtered"] = {
        group: [
            gene
            for gene in genes[:FIRST]
            if shares.loc[gene, group] >= 0.5 and others.loc[gene, group] <= 0.25
        ]
        for group, genes in rankings["wilcoxon"].items()
    }
    return rankings


def best_cluster(clusters, truth, kind):
    """The cluster that fits a type best, and its F1 among annotated cells."""
    known = truth.notna().to_numpy()
    is_kind = (truth == kind).to_numpy()[known]
    fit = {c: f1_score(is_kind, (clusters == c).to_numpy()[known]) for c in clusters.cat.categories}
    best = max(fit, key=fit.get)
    return best, fit[best]


def recovered(genes, signature, n_genes):
    """How well a ranking of genes finds a signature among ``n_genes``."""
    first = genes[:FIRST]
    hits = len(signature & set(first))
    chance = hypergeom(n_genes, len(signature), len(first))
    found = {"first": len(first), "hits": hits, "p": chance.sf(hits - 1), "auroc": np.nan, "p_auroc": np.nan}
    if len(genes) == n_genes:
        inside = np.isin(genes, list(signature))
        rank = np.arange(n_genes, 0, -1)
        test = mannwhitneyu(rank[inside], rank[~inside], alternative="greater")
        found["auroc"] = test.statistic / (inside.sum() * (~inside).sum())
        found["p_auroc"] = test.pvalue
    return found


def page(table):
    """Two tables as Markdown: by set and ranking, and each signature by our associations."""
    lines = [
        "# Published signatures in the genes of clusters",
        "",
        "`python benchmarks/signatures.py`, one seed, number of clusters given. Of each signature: how many",
        f"of its genes are among the first {FIRST} of the cluster that fits the type best, whether that is",
        "more than chance (hypergeometric p < .01), and the area under the curve of the whole ranking; means",
        "over signatures. `associations` is a rank sum like Wilcoxon's, so where no gene is left out both",
        "agree; what differs is its p-value, which here is not asked.",
        "",
        "| set | signatures | ranking | genes measured | hits | precision | enriched | AUROC |",
        "|---|---:|---|---:|---:|---:|---:|---:|",
    ]
    for (name, method), rows in table.groupby(["set", "ranking"], sort=False):
        area = rows["auroc"].mean()
        precision = (rows["hits"] / rows["first"].clip(lower=1)).mean()
        numbers = [f"{rows['measured'].mean():.1f}", f"{rows['hits'].mean():.2f}", f"{precision:.2f}"]
        numbers += [str((rows["p"] < 0.01).sum()), "" if np.isnan(area) else f"{area:.3f}"]
        lines.append(f"| {name} | {len(rows)} | {method} | {' | '.join(numbers)} |")
    lines += [
        "",
        "Each signature, by `tl.associations`:",
        "",
        "| set | signature | F1 of the cluster | hits of measured | p | AUROC | p |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for row in table[table["ranking"] == "associations"].itertuples():
        lines.append(
            f"| {row.set} | {row.signature} | {row.f1:.2f} | {row.hits} of {row.measured} | {row.p:.1e} | "
            f"{row.auroc:.3f} | {row.p_auroc:.1e} |"
        )
    return "\n".join(lines) + "\n"


def figure(runs, path):
    """The clusters of each set as a graph (PAGA), each where its cells lie in the UMAP."""
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(1, len(runs), figsize=(3.4 * len(runs), 3.4), squeeze=False)
    for axis, (name, adata) in zip(axes[0], runs.items(), strict=True):
        clusters = adata.obs["scrcl"]
        sc.tl.paga(adata, groups="scrcl", neighbors_key="scrcl")
        sc.tl.umap(adata, neighbors_key="scrcl", random_state=0)
        at = pd.DataFrame(adata.obsm["X_umap"]).groupby(clusters.to_numpy(), observed=True).median()
        at = at.loc[clusters.cat.categories].to_numpy()
        sc.pl.paga(adata, pos=at, ax=axis, show=False, threshold=0.05, node_size_scale=0.6, fontsize=7)
        axis.set_title(name, fontsize=9)
    fig.tight_layout()
    fig.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
