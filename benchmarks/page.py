"""The report page: size, and how soon a headless Chromium shows it.

    scrcl-geo run SLIDE.h5ad --output OUT.h5ad && python benchmarks/page.py OUT.h5ad [MORE.h5ad ...]

First paint is the browser's own mark of the first text; first view is when every cell is drawn in the linked
views. Without a GPU, WebGL is drawn in software.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from pathlib import Path

import anndata as ad

import scrcl_geo as sg

HERE = Path(__file__).parent
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
# one cluster marked, and the frame after it drawn
SELECT = """async () => {
  const start = performance.now();
  await report.pick(0);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return (performance.now() - start) / 1000;
}"""


def opened(browser, page_file: Path) -> dict[str, float]:
    """One visit."""
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    problems = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(page_file.as_uri())
    page.wait_for_selector("html[data-ready]", timeout=120_000)
    timings = {
        "first paint": page.evaluate(PAINT),
        "first view": page.evaluate("report.firstView / 1000"),
        "select a cluster": page.evaluate(SELECT),
        "console errors": len(problems),
    }
    page.close()
    return timings


def main() -> None:
    """Write the table."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, nargs="+", help="files that scrcl-geo run wrote")
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--output", type=Path, default=HERE / "results" / "page.md")
    arguments = parser.parse_args()
    columns = ("first paint", "first view", "select a cluster", "console errors")
    lines = [
        "# The report page",
        "",
        "`benchmarks/page.py`, headless Chromium, WebGL in software; seconds, median of "
        f"{arguments.visits} visits.",
        "",
        f"| cells | MB | {' | '.join(columns)} |",
        "|---:|---:|" + "---:|" * len(columns),
    ]
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        for path in arguments.results:
            adata = ad.read_h5ad(path)
            file = sg.pl.report(adata, Path(folder) / "report.html")
            browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            visits = [opened(browser, file) for _ in range(arguments.visits)]
            browser.close()
            cells = [f"{statistics.median(visit[c] for visit in visits):.2f}" for c in columns[:-1]]
            errors = max(visit["console errors"] for visit in visits)
            size = file.stat().st_size / 1e6
            lines.append(f"| {adata.n_obs:,} | {size:.1f} | {' | '.join(cells)} | {errors:.0f} |")
    arguments.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
