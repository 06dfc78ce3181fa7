"""Training on mini-batches against training on all cells at once: ARI on the labelled sets above 4,000 cells.

    python benchmarks/minibatch.py --data ../shared/data --seeds 0 1 2

The number of clusters is given; labels are read by the scorer alone. By default batches have 2,048 cells.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import anndata as ad
import pandas as pd

warnings.filterwarnings("ignore")

SETS = {
    "10X_PBMC_top2000": "cell_type",
    "CITE_CBMC_top2000": "cell_type",
    "Human_kidney_top2000": "cell_type",
    "Worm_neuron": "cell_type",
    "osmFISH_SScortex": "domain",
    "MERFISH_hypothalamus_0.04": "domain",
    "MERFISH_hypothalamus_0.09": "domain",
    "MERFISH_hypothalamus_0.14": "domain",
}
BATCH = 2048


def ari(path: Path, label: str, batch_size: int | str, seed: int) -> float:
    """Agreement of one run with the published labels."""
    import scrcl_geo as sg
    from scrcl_geo import _pipeline

    adata = ad.read_h5ad(path)
    labels = adata.obs[label].copy()
    adata.obs = adata.obs[[]]
    _pipeline.run(adata, _pipeline.Job(labels.nunique(), batch_size=batch_size, seed=seed, progress=False))
    return sg.metrics.ari(labels, adata.obs["scrcl"])


def report(rows: pd.DataFrame) -> str:
    """Markdown: medians over seeds and their difference."""
    table = rows.groupby(["set", "batch_size"], sort=False)["ARI"].median().unstack()
    lines = [
        "# Mini-batches against all cells at once",
        "",
        f"ARI, median of {rows['seed'].nunique()} seeds, number of clusters given; {BATCH:,} cells a batch.",
        "",
        "| set | all cells | mini-batches | difference |",
        "|---|---:|---:|---:|",
    ]
    for name, row in table.iterrows():
        full, batches = row["full"], row[str(BATCH)]
        lines.append(f"| {name} | {full:.3f} | {batches:.3f} | {batches - full:+.3f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run what is missing; write rows and the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/minibatch.csv"))
    arguments = parser.parse_args()
    rows = pd.read_csv(arguments.output).to_dict("records") if arguments.output.exists() else []
    for seed in arguments.seeds:
        for name, label in SETS.items():
            if any((row["set"], row["seed"]) == (name, seed) for row in rows):
                continue
            for batch_size in ("full", BATCH):
                value = ari(arguments.data / f"{name}.h5ad", label, batch_size, seed)
                rows.append({"set": name, "seed": seed, "batch_size": str(batch_size), "ARI": value})
                print(rows[-1], flush=True)
            table = pd.DataFrame(rows)
            table.to_csv(arguments.output, index=False)
            arguments.output.with_suffix(".md").write_text(report(table), encoding="utf-8")


if __name__ == "__main__":
    main()
