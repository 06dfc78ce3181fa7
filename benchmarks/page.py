"""The report page: size, and how soon a headless Chromium shows it.

    scrcl-geo run SLIDE.h5ad --output OUT.h5ad
    python benchmarks/page.py OUT.h5ad --grow 5000x8000 100000x8000

First paint is the browser's own mark of the first text; first view is when every cell is drawn in the linked
views; a gene is one that no cluster owns, unpacked and drawn. Without a GPU, WebGL is drawn in software.
Sizes that no file has are made of the first one: its cells drawn with replacement and moved a little, its
genes cut. CPU seconds are those of all processes of the browser up to the first view: on a machine that is
shared, they say more than wall time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import anndata as ad
import numpy as np
import psutil

import scrcl_geo as sg

HERE = Path(__file__).parent
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
SHOWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# one cluster marked, and the frame after it drawn
SELECT = f"""async () => {{
  const t = performance.now();
  await report.pick(0);
  await {SHOWN};
  return (performance.now() - t) / 1000;
}}"""
GENE = f"""async () => {{
  const {{ names }} = report.genes, t = performance.now();
  await report.gene(names[names.length - 1]);
  await {SHOWN};
  return (performance.now() - t) / 1000;
}}"""
COLUMNS = ("first paint", "first view", "CPU s", "select a cluster", "colour by a gene", "console errors")


def browser_seconds() -> float:
    """CPU seconds of the browsers that this process started."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            if "chrom" in process.name():
                total += sum(process.cpu_times()[:2])
        except psutil.Error:
            continue
    return total


def opened(browser, page_file: Path) -> dict[str, float]:
    """One visit."""
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    problems = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    before = browser_seconds()
    page.goto(page_file.as_uri(), wait_until="commit")
    page.wait_for_selector("html[data-ready]", timeout=120_000)
    spent = browser_seconds() - before
    timings = {
        "first paint": page.evaluate(PAINT),
        "first view": page.evaluate("report.firstView / 1000"),
        "CPU s": spent,
        "select a cluster": page.evaluate(SELECT),
        "colour by a gene": page.evaluate(GENE),
        "console errors": len(problems),
    }
    page.close()
    return timings


def grown(adata: ad.AnnData, n_cells: int, n_genes: int) -> ad.AnnData:
    """Another number of cells and genes."""
    if "X_scrcl_umap" not in adata.obsm:
        sg.tl.umap(adata)
    rng = np.random.default_rng(0)
    cells = rng.choice(adata.n_obs, n_cells, replace=n_cells > adata.n_obs)
    obs = adata.obs.iloc[cells].set_axis([f"cell_{i}" for i in range(n_cells)])
    large = ad.AnnData(adata.X[cells][:, :n_genes], obs=obs, var=adata.var.iloc[:n_genes])
    for key in ("spatial", "X_scrcl_umap", "X_umap"):
        if key in adata.obsm:
            places = np.asarray(adata.obsm[key])[:, :2]
            near = np.ptp(places, axis=0) / np.sqrt(adata.n_obs)
            large.obsm[key] = places[cells] + rng.normal(size=(n_cells, 2)) * near
    large.uns = {key: value for key, value in adata.uns.items() if key != "spatial"}
    return large


def row(play, adata: ad.AnnData, file: Path, visits: int) -> str:
    """A line of the table: medians, and the range of the first view."""
    start = time.perf_counter()
    sg.pl.report(adata, file)
    written = time.perf_counter() - start
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    seen = [opened(browser, file) for _ in range(visits)]
    browser.close()
    cells = [f"{statistics.median(visit[c] for visit in seen):.2f}" for c in COLUMNS[:-1]]
    views = [visit["first view"] for visit in seen]
    cells[1] += f" ({min(views):.2f}–{max(views):.2f})"
    errors = max(visit["console errors"] for visit in seen)
    shape = f"{adata.n_obs:,} | {adata.n_vars:,}"
    return (
        f"| {shape} | {file.stat().st_size / 1e6:.1f} | {written:.0f} | {' | '.join(cells)} | {errors:.0f} |"
    )


def main() -> None:
    """Write the table."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, nargs="+", help="files that scrcl-geo run wrote")
    parser.add_argument("--grow", nargs="*", default=[], metavar="CELLSxGENES", help="further sizes")
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--output", type=Path, default=HERE / "results" / "page.md")
    arguments = parser.parse_args()
    files = [ad.read_h5ad(path) for path in arguments.results]
    sizes = [tuple(map(int, size.split("x"))) for size in arguments.grow]
    rows, load = [], [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        for adata in files + [grown(files[0], *size) for size in sizes]:
            rows.append(row(play, adata, Path(folder) / "report.html", arguments.visits))
            load.append(os.getloadavg()[0])
    lines = [
        "# The report page",
        "",
        "`benchmarks/page.py`, headless Chromium, WebGL in software; seconds, median of "
        f"{arguments.visits} visits, smallest and largest in brackets. scrcl_geo {sg.__version__}, "
        f"{os.cpu_count()} CPU cores, which between {min(load):.0f} and {max(load):.0f} processes wanted.",
        "",
        f"| cells | genes | MB | to write | {' | '.join(COLUMNS)} |",
        "|---:|---:|---:|---:|" + "---:|" * len(COLUMNS),
        *rows,
    ]
    arguments.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
