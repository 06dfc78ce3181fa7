"""The main job on real cells and on planted tissue: ``make demo``.

Cells: the 700 blood cells that come with scanpy. Space: toy slides with planted domains. Labels are read by
the scorer, at the end. Writes two .h5ad files and two pictures to demo-output/.
"""

from __future__ import annotations

import time
import warnings
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
warnings.filterwarnings("ignore")  # deprecations inside dependencies

import scanpy as sc  # noqa: E402

import scrcl_geo as sg  # noqa: E402
from scrcl_geo import _pipeline  # noqa: E402
from scrcl_geo._files.atomic import write_h5ad  # noqa: E402
from scrcl_geo._pipeline.summary import summarize  # noqa: E402

OUTPUT = Path("demo-output")


def run(name, adata, truth, *, batch_key=None):
    """The main job on one AnnData; the truth is set aside first and scored last."""
    labels = adata.obs.pop(truth)
    n_clusters = labels.nunique()
    _, seconds = _pipeline.run(adata, _pipeline.Job(n_clusters, batch_key=batch_key, progress=False))
    print(f"\n=== {name} ===")
    print(summarize(adata, seconds))
    scores = sg.metrics.scores(labels, adata.obs["scrcl"])
    print("against the labels  " + "  ".join(f"{k} {v:.2f}" for k, v in scores.items()))
    write_h5ad(adata, OUTPUT / f"{name}.h5ad")
    return adata


def main():
    """Run both halves and draw them."""
    OUTPUT.mkdir(exist_ok=True)
    start = time.perf_counter()
    cells = sc.datasets.pbmc68k_reduced()
    cells = run("pbmc", cells, "bulk_labels")
    sg.tl.umap(cells)
    sg.pl.umap(cells, save=OUTPUT / "pbmc_umap.png")

    tissue = run("tissue", sg.datasets.toy(), "domain", batch_key="slide")
    first = tissue[tissue.obs["slide"] == "slide_1"].copy()
    sg.pl.spatial(first, save=OUTPUT / "tissue_spatial.png")
    print(f"\nwritten to {OUTPUT}/: {', '.join(sorted(p.name for p in OUTPUT.iterdir()))}")
    print(f"the job took {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
