"""Are names from published marker genes right? Cortical layers, named in found and in annotated domains.

python benchmarks/annotate.py --data ../shared/data
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import scanpy as sc

import scrcl_geo as sg

HERE = Path(__file__).parent
# Mouse cortex. Excitatory layers: the genes in the names of the 19 glutamatergic types of Tasic et al. 2016
# (Nat Neurosci 19:335); Cux2, Rorb, Etv1, Fezf2, Bcl11b, Tbr1, Foxp2, Tle4 by Molyneaux et al. 2007 (Nat Rev
# Neurosci 8:427); Rasgrf2 and Calb1 of the Allen atlas (Lein et al. 2007); Ctgf, Nr4a2 and Cplx3 of the
# subplate (Hoerder-Suabedissen et al. 2009). Layer 1: Reln, Ndnf, Cxcl14 (Tasic). White matter: myelin genes
# (Zeisel et al. 2015). Hippocampus: Wfs1, Spink8, Fibcd1, Prox1, Dkk3, Pou3f1, Neurod6 (Lein; Zeisel).
MOUSE = {
    "L1": ["Reln", "Ndnf", "Cxcl14"],
    "L2/3": ["Ptgs2", "Ngb", "Cux2", "Rasgrf2", "Calb1"],
    "L4": ["Ctxn3", "Scnn1a", "Arf5", "Rorb"],
    "L5": [
        *("Hsd11b1", "Pde1c", "Batf3", "Tcerg1l", "Tph2", "Cdh13", "Chrna6", "Ucma"),
        *("Etv1", "Fezf2", "Bcl11b"),
    ],
    "L6": [
        *("Sla", "Mgp", "Syt17", "Car12", "Serpinb11", "Rgs12"),
        *("Tbr1", "Foxp2", "Tle4", "Ctgf", "Nr4a2", "Cplx3"),
    ],
    "cc": ["Mbp", "Plp1", "Mobp", "Mog", "Cnp", "Opalin"],
    "HPC": ["Wfs1", "Spink8", "Prox1", "Dkk3", "Pou3f1", "Neurod6", "Fibcd1"],
}
PREFRONTAL = {name: MOUSE[name] for name in ("L1", "L2/3", "L5", "L6")}  # it has no layer 4
# Human cortex, as Zeng et al. 2012 (Cell 149:483) and Molyneaux et al. give it; astrocytes of layer 1
HUMAN = {
    "L1": {"ENSG00000189056": "RELN", "ENSG00000171885": "AQP4", "ENSG00000131095": "GFAP"},
    "L2/3": {"ENSG00000111249": "CUX2", "ENSG00000125869": "LAMP5", "ENSG00000164326": "CARTPT"},
    "L4": {"ENSG00000198963": "RORB"},
    "L5": {"ENSG00000183036": "PCP4", "ENSG00000153266": "FEZF2", "ENSG00000006468": "ETV1"},
    "L6": {"ENSG00000196358": "NTNG2", "ENSG00000153234": "NR4A2", "ENSG00000106829": "TLE4"},
    "WM": {"ENSG00000197971": "MBP", "ENSG00000168314": "MOBP", "ENSG00000123560": "PLP1"},
}
HUMAN = {name: list(genes) for name, genes in HUMAN.items()}
BASS = {"1": "L1", "2": "L2/3", "3": "L5", "4": "L6"}  # the annotators' numbers
VISIUM = {**{f"Layer{n}": f"L{n}" for n in (1, 4, 5, 6)}, "Layer2": "L2/3", "Layer3": "L2/3", "WM": "WM"}
SETS = {
    "STARmap_mPFC_BZ5": (4, PREFRONTAL, BASS),
    "STARmap_mPFC_BZ9": (4, PREFRONTAL, BASS),
    "STARmap_VISp_BY3": (7, MOUSE, {name: name for name in MOUSE}),
    "DLPFC_151673": (7, HUMAN, VISIUM),
}


def clusters_of(path, n_clusters, outputs):
    """The set with clusters: an output of ``scrcl-geo run``, or a run."""
    if outputs is not None and (outputs / path.name).exists():
        return anndata.read_h5ad(outputs / path.name)
    adata = anndata.read_h5ad(path)
    sg.pp.graph(adata)
    sg.tl.embed(adata, progress=False)
    sg.tl.cluster(adata, n_clusters)
    return adata


def score_genes(adata, markers, groupby):
    """Names by scanpy's score per cell, averaged over each cluster and standardised between clusters."""
    logs = anndata.AnnData(adata.X.copy(), obs=adata.obs[[groupby]], var=adata.var[[]])
    sc.pp.normalize_total(logs)
    sc.pp.log1p(logs)
    found = {}
    for name, genes in markers.items():
        known = [gene for gene in genes if gene in logs.var_names]
        if known:
            sc.tl.score_genes(logs, known, score_name="score", random_state=0)
            mean = logs.obs.groupby(groupby, observed=True)["score"].mean()
            found[name] = (mean - mean.mean()) / mean.std()
    return logs.obs[groupby].astype(object).map(pd.DataFrame(found).idxmax(axis=1))


def row(adata, markers, truth, groupby):
    """Share of annotated cells whose name is right: the best that these clusters allow, ours, scanpy's."""
    known = truth.notna()
    best = pd.crosstab(adata.obs[groupby], truth).max(axis=1).sum() / known.sum()
    table = sg.tl.annotate(adata, markers, groupby=groupby)
    right = (adata.obs["scrcl_name"].astype(object) == truth)[known]
    unknown = (adata.obs["scrcl_name"] == "unknown")[known]
    forced = sg.tl.annotate(adata, markers, groupby=groupby, max_pvalue=1)
    all_named = adata.obs[groupby].astype(str).map(forced.set_index("group")["best"]) == truth
    scanpy = (score_genes(adata, markers, groupby) == truth)[known]
    # open world: each cluster again without the name that it should get
    main = pd.crosstab(adata.obs[groupby], truth).idxmax(axis=1)
    fooled = []
    for group, name in main.items():
        less = {key: genes for key, genes in markers.items() if key != name}
        again = sg.tl.annotate(adata, less, groupby=groupby).set_index("group")
        fooled.append(again.loc[str(group), "name"] != "unknown")
    shares = best, right.mean(), unknown.mean(), all_named[known].mean(), scanpy.mean()
    return [*(f"{share:.1%}" for share in shares), f"{np.sum(fooled)} of {len(table)}"]


def main():
    """Name all and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("SCRCL_GEO_DATA", "../shared/data"))
    parser.add_argument("--outputs", type=Path, help="folder of outputs of scrcl-geo run, named as the sets")
    parser.add_argument("--output", type=Path, default=HERE / "results" / "annotate.md")
    arguments = parser.parse_args()
    lines = [
        "# Names from marker genes",
        "",
        f"scrcl_geo {sg.__version__}, `tl.annotate`, `python benchmarks/annotate.py`. Cortical layers, by",
        "markers of the literature (in the script), none taken from these labels; markers and sources were",
        "written down without the papers at hand and are still to be checked. Share of the",
        "annotated cells whose name is right. *Possible*: if each domain got the name of most of its cells.",
        "*All named*: `max_pvalue=1`. *score_genes*: scanpy's score, mean of each domain, standardised",
        "between domains. *Misnamed*: domains that get a name where the right one is taken out of the table.",
        "The found domains are those of `scrcl-geo run` with the number of layers given, seed 0.",
        "",
        "| set | domains | possible | right | unknown | all named | score_genes | misnamed |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, (n_clusters, markers, names) in SETS.items():
        adata = clusters_of(arguments.data / f"{name}.h5ad", n_clusters, arguments.outputs)
        truth = adata.obs["domain"].astype(object).map(names)
        adata.obs["annotated"] = truth.astype("category")
        for groupby, what in (("scrcl", "found"), ("annotated", "annotated")):
            cells = [name, what, *row(adata, markers, truth, groupby)]
            lines.append("| " + " | ".join(cells) + " |")
            print(lines[-1], flush=True)
    arguments.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
