"""Are cells unlike the training cells told, and is a confidence as high as the share that is right?

python benchmarks/novelty.py --data ../shared/data

Leave one type out: 70 % of the cells of all other types train, and the other 30 % with the unseen type are
mapped; of tissue, one slide trains and another is mapped. Two epochs, since novelty reads expression alone.
Pairs: a trained model maps another slide or donor, both ways and by several trainings, since one tells
little. Types are read to leave one out, as the user's annotation where confidence is scored, and to score.
"""

from __future__ import annotations

import argparse
import logging
import os
from pathlib import Path

import anndata
import numpy as np
from sklearn.metrics import roc_auc_score

import scrcl_geo as sg

HERE = Path(__file__).parent
SETS = ["Zeisel_subset1464", "Baron_mouse2", "10X_PBMC_top2000", "CITE_CBMC_top2000", "Human_kidney_top2000"]
SLIDES = [("STARmap_mPFC_BZ5", "STARmap_mPFC_BZ9")]
PAIRS = [
    ("STARmap_mPFC_BZ5", "STARmap_mPFC_BZ9"),
    ("DLPFC_151673", "DLPFC_151674"),
    ("MERFISH_hypothalamus_0.04", "MERFISH_hypothalamus_0.09"),
    ("MERFISH_hypothalamus_0.14", "MERFISH_hypothalamus_0.19"),
    ("Baron_mouse2", "Baron_mouse1"),
]
OTHER_TUMOUR = ("HER2ST_B1", "HER2ST_E1")


def main():
    """Test all and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("SCRCL_GEO_DATA", "../shared/data"))
    parser.add_argument("--types", type=int, default=6, help="left out in turn: the most frequent")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each pair and direction")
    parser.add_argument("--output", type=Path, default=HERE / "results" / "novelty.md")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)

    def read(name):
        return anndata.read_h5ad(Path(arguments.data) / f"{name}.h5ad")

    left_out, pairs = [], []

    def write():
        text = page(left_out, pairs, arguments.types)
        arguments.output.write_text(text, encoding="utf-8")

    for names, ways in (*((names, (1, -1)) for names in PAIRS), (OTHER_TUMOUR, (1,))):
        runs = [pair(*map(read, names[::way]), seed) for way in ways for seed in range(arguments.seeds)]
        pairs.append(summary((" → ", " ↔ ")[len(ways) - 1].join(names), runs))
        print(pairs[-1], flush=True)
        write()
    for name in (*((name,) for name in SETS), *SLIDES):
        left_out.append(each_left_out([read(one) for one in name], " → ".join(name), arguments.types))
        print(left_out[-1], flush=True)
        write()


def annotation(adata):
    """The published domains or cell types, None where the annotators gave none."""
    column = adata.obs["domain" if "domain" in adata.obs else "cell_type"]
    return column.astype(object).where(column.notna(), None).to_numpy()


def trained(adata, max_epochs, labels=None, seed=0):
    """A model of cells, with clusters or an annotation."""
    sg.pp.graph(adata)
    model = sg.ScRCL(max_epochs=max_epochs)
    sg.tl.embed(adata, model=model, seed=seed, progress=False)
    if labels is None:
        sg.tl.cluster(adata, 5)
    else:
        adata.obs["scrcl"] = labels
    return model.remember(adata)


def each_left_out(sets, name, n_types):
    """Means over the types left out: cells, area under the curve, shares flagged of unseen and seen."""
    types = annotation(sets[0])
    train = np.ones(len(types), bool)
    if len(sets) == 1:
        train = np.random.default_rng(0).random(len(types)) < 0.7
    new, truth = (sets[1], annotation(sets[1])) if len(sets) == 2 else (sets[0][~train], types[~train])
    names, sizes = np.unique([t for t in types if t is not None], return_counts=True)
    rows = []
    for unseen in names[np.argsort(-sizes)][:n_types]:
        is_unseen = truth == unseen
        mapped = new.copy()
        sg.tl.map(mapped, trained(sets[0][train & (types != unseen)].copy(), 2))
        found, flagged = mapped.obs["scrcl_novelty"], mapped.obs["scrcl_unknown"]
        area = roc_auc_score(is_unseen, found)
        rows.append([area, flagged[is_unseen].mean(), flagged[~is_unseen].mean()])
        print("  ", name, unseen, is_unseen.sum(), np.round(rows[-1], 3), flush=True)
    mean, least = np.mean(rows, axis=0), np.min(rows, axis=0)
    return [
        name,
        str(len(rows)),
        f"{mean[0]:.3f} ({least[0]:.2f})",
        f"{mean[1]:.2f} ({least[1]:.2f})",
        f"{mean[2]:.3f}",
    ]


def pair(old, new, seed):
    """Distance, whether told as unlike, share flagged, and confidence beside what is right."""
    truth = annotation(new)
    sg.tl.map(new, trained(old, 150, annotation(old), seed))
    known = np.isin(truth.astype(str), new.obs["scrcl"].cat.categories)
    right = (new.obs["scrcl"].astype(str).to_numpy() == truth)[known]
    confidence = new.obs["scrcl_confidence"].to_numpy()[known]
    sample = new.uns["scrcl_map"]["samples"].iloc[0]
    numbers = [new.obs["scrcl_unknown"].mean(), confidence.mean(), right.mean(), error(confidence, right)]
    return sample["distance"], bool(sample["unlike"]), *numbers


def summary(name, runs):
    """Means over runs; of the calibration error the highest too."""
    distance, unlike, *numbers, errors = map(np.array, zip(*runs, strict=True))
    told = f"unlike {unlike.sum()} of {len(runs)}" if unlike.any() else "alike"
    means = [f"{values.mean():.3f}" for values in numbers]
    return [name, f"{distance.mean():.2f}", told, *means, f"{errors.mean():.3f} ({errors.max():.3f})"]


def error(confidence, right, n_bins=10):
    """Expected calibration error over bins of equal width."""
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    members = [bins == i for i in np.unique(bins)]
    return sum(m.mean() * abs(confidence[m].mean() - right[m].mean()) for m in members)


def mean_of_cells(rows):
    """A last row, the means over sets of cells, when all are there."""
    if len(rows) < len(SETS):
        return []
    area, flagged, seen = (np.mean([float(row[i].split()[0]) for row in rows]) for i in (2, 3, 4))
    return [f"| mean of the {len(rows)} sets of cells | | {area:.3f} | {flagged:.2f} | {seen:.3f} |"]


def page(left_out, pairs, n_types):
    """The tables as Markdown."""
    lines = [
        "# Novelty and confidence",
        "",
        f"scrcl_geo {sg.__version__}, `python benchmarks/novelty.py --types {n_types}`.",
        "",
        f"One type left out of training, the {n_types} most frequent in turn: mean over types (least).",
        "",
        "| set | types | AUROC | unseen flagged | seen flagged |",
        "|---|---:|---:|---:|---:|",
        *("| " + " | ".join(row) + " |" for row in left_out),
        *mean_of_cells([row for row in left_out if row[0] in SETS]),
        "",
        "A model with the annotation of one slide or donor maps another: how many times as far from training",
        "cells as from each other the typical new cell lies (unlike above 2), the share flagged, mean",
        "confidence, the share right, and the expected calibration error (10 bins; highest). Means over",
        "several trainings and, of pairs ↔, over both directions.",
        "",
        "| pair | distance | told | flagged | confidence | right | ECE |",
        "|---|---:|---|---:|---:|---:|---:|",
        *("| " + " | ".join(row) + " |" for row in pairs),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
