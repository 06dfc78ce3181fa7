"""Several slides: each alone, all stacked in one run, and the others mapped onto a model of the first.

    python benchmarks/slides.py --data ../shared/data --seeds 0 1 2

Alone and stacked, the number of domains is given: of the slide, and of all slides together. Labels are taken
out before a run and read again by the scorer alone. Mixing is the mean iLISI (Korsunsky et al., Nature
Methods 2019) by scib-metrics, scaled from 0 (every cell among its own slide) to 1, among cells of one domain
each, so that domains of unlike size on the slides do not count against it.
"""

from __future__ import annotations

import argparse
import tempfile
import warnings
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")

GROUPS = {
    "STARmap": ["STARmap_mPFC_BZ5", "STARmap_mPFC_BZ9"],
    "DLPFC": ["DLPFC_151673", "DLPFC_151674"],
    "MERFISH": [f"MERFISH_hypothalamus_0.{z}" for z in ("04", "09", "14")],
}
LABEL, SLIDE = "domain", "slide"
ALL = {
    "mixing X_scrcl_pca": "iLISI input",
    "mixing X_scrcl": "iLISI embedding",
    "NMI found": "NMI with slide, found",
    "NMI true": "NMI with slide, published",
}


def read(data: Path, name: str) -> tuple[ad.AnnData, pd.Series]:
    """A slide without its labels, and the labels."""
    adata = ad.read_h5ad(data / f"{name}.h5ad")
    labels = adata.obs[LABEL].astype(object)
    plain = ad.AnnData(adata.X, obs=pd.DataFrame(index=adata.obs_names), var=adata.var[[]])
    plain.obsm["spatial"] = adata.obsm["spatial"]
    return plain, labels


def alone_and_mapped(slides: dict, seed: int):
    """ARI of each slide alone, and of each but the first mapped onto the first."""
    import scrcl_geo as sg
    from scrcl_geo import _pipeline

    model = None
    for name, (slide, labels) in slides.items():
        own = slide.copy()
        trained, _ = _pipeline.run(own, _pipeline.Job(labels.nunique(), seed=seed, progress=False))
        yield name, "alone", sg.metrics.ari(labels, own.obs["scrcl"])
        if model is None:
            with tempfile.TemporaryDirectory() as folder:
                trained.remember(own, seed=seed).save(folder)
                model = sg.ScRCL.load(folder)
            continue
        new = slide.copy()
        sg.tl.map(new, model, seed=seed)
        yield name, "mapped", sg.metrics.ari(labels, new.obs["scrcl"])


def stacked(slides: dict, seed: int):
    """ARI of each slide in the run of all, and how the slides mix in the embedding and in the input."""
    import scrcl_geo as sg
    from scrcl_geo import _pipeline

    joint = ad.concat({name: slide for name, (slide, _) in slides.items()}, label=SLIDE, index_unique="-")
    labels = pd.concat([own for _, own in slides.values()]).to_numpy()
    n_domains = pd.Series(labels).nunique()
    _pipeline.run(joint, _pipeline.Job(n_domains, batch_key=SLIDE, seed=seed, progress=False))
    for name in slides:
        here = (joint.obs[SLIDE] == name).to_numpy()
        yield name, "stacked", sg.metrics.ari(labels[here], joint.obs["scrcl"][here])
    yield "all", "NMI found", sg.metrics.nmi(joint.obs[SLIDE], joint.obs["scrcl"])
    yield "all", "NMI true", sg.metrics.nmi(joint.obs[SLIDE][~pd.isna(labels)], labels[~pd.isna(labels)])
    for rep in ("X_scrcl_pca", "X_scrcl"):
        yield "all", f"mixing {rep}", mixing(joint.obsm[rep], joint.obs[SLIDE], labels)


def mixing(embedding: np.ndarray, slide: pd.Series, labels: np.ndarray) -> float:
    """Mean over domains of the iLISI of their cells, weighted by size."""
    from scib_metrics import ilisi_knn
    from scib_metrics.nearest_neighbors import pynndescent

    scores, sizes = [], []
    for domain in pd.unique(labels):
        cells = labels == domain
        if pd.isna(domain) or cells.sum() < 200 or slide[cells].nunique() < slide.nunique():
            continue
        neighbors = pynndescent(embedding[cells], n_neighbors=90, random_state=0)
        scores.append(ilisi_knn(neighbors, slide[cells].astype(str).to_numpy()))
        sizes.append(cells.sum())
    return float(np.average(scores, weights=sizes))


def report(rows: pd.DataFrame) -> str:
    """Markdown: medians over seeds."""
    medians = rows.groupby(["slides", "slide", "what"], sort=False)["value"].median().unstack()
    shown = medians.reindex(columns=["alone", "stacked", "mapped"]).drop(index="all", level="slide")
    lines = [
        "# Several slides",
        "",
        f"ARI, median of {rows['seed'].nunique()} seeds, number of domains given. `stacked`: one run of all",
        "slides of the group; `mapped`: by a model of the first slide, nothing trained on the slide itself.",
        "Mixing of the slides within domains: iLISI, 0 to 1, of input components and of the embedding. Where",
        "an embedding is smooth in space, the nearest cells are those nearby in the same slide, which holds",
        "iLISI down; whether the domains themselves follow the slides is told by the NMI of both, beside",
        "that of the published domains.",
        "",
        "| slides | slide | alone | stacked | mapped |",
        "|---|---|---:|---:|---:|",
    ]
    for (group, slide), row in shown.iterrows():
        cells = " | ".join("" if pd.isna(v) else f"{v:.3f}" for v in row)
        lines.append(f"| {group} | {slide} | {cells} |")
    head = ["slides", "mean alone", "mean stacked", *ALL.values()]
    lines += ["", f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for group, part in shown.groupby(level="slides", sort=False):
        numbers = [part["alone"].mean(), part["stacked"].mean(), *medians.loc[(group, "all"), list(ALL)]]
        lines.append(f"| {group} | " + " | ".join(f"{v:.3f}" for v in numbers) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run what is missing; write rows and the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/slides.csv"))
    arguments = parser.parse_args()
    rows = pd.read_csv(arguments.output).to_dict("records") if arguments.output.exists() else []
    for seed in arguments.seeds:
        for group, names in GROUPS.items():
            if any(row["slides"] == group and row["seed"] == seed for row in rows):
                continue
            slides = {name: read(arguments.data, name) for name in names}
            scores = [*alone_and_mapped(slides, seed), *stacked(slides, seed)]
            for slide, what, value in scores:
                rows.append({"slides": group, "seed": seed, "slide": slide, "what": what, "value": value})
                print(rows[-1], flush=True)
            table = pd.DataFrame(rows)
            table.to_csv(arguments.output, index=False)
            arguments.output.with_suffix(".md").write_text(report(table), encoding="utf-8")


if __name__ == "__main__":
    main()
