"""An epoch of the published method, its code beside our preset: seconds and memory as cells grow in number.

    python benchmarks/paper_growth.py --original CHECKOUT --python PYTHON

Counts of planted types, 2,000 genes; published default settings for cells, so that width, input, losses and
epochs are the same in both. One thread each, one process each, one after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path

from paper import answer, commit, times, trained
from scaling import write_counts

HERE = Path(__file__).parent
COLUMNS = ("cells", "original, s", "preset, s", "ratio", "original, GB", "preset, GB")


def main():
    """Time both, size by size, and write the table after each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", type=int, default=[250, 1000, 1500, 4000, 10_000])
    parser.add_argument("--original", help="a checkout of the published code")
    parser.add_argument("--python", default=sys.executable, help="what runs it")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--output", type=Path, default=HERE / "results" / "paper_growth.md")
    parser.add_argument("--preset", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.preset:
        print(json.dumps(preset(arguments.preset, arguments.epochs)))
        return
    os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for n_cells in arguments.sizes:
            file = Path(folder) / f"{n_cells}.h5ad"
            write_counts(file, n_cells)
            rows.append(both(file, n_cells, arguments))
            arguments.output.write_text(page(rows, arguments.epochs), encoding="utf-8")
            print(rows[-1], flush=True)


def both(file, n_cells, arguments):
    """A row of the table."""
    epochs = ["--epochs", str(arguments.epochs)]
    ours = answer([sys.executable, __file__, "--preset", file, *epochs])
    command = [arguments.python, HERE / "original.py", arguments.original, file, "--label", "planted"]
    theirs = answer([*command, *epochs, "--seeds", "5", "--no-clustering"])
    seconds = theirs["seconds_per_epoch"], ours["cpu_s_per_epoch"]
    return n_cells, *seconds, seconds[1] / seconds[0], theirs["peak_gb"], ours["peak_gb"]


def preset(file, epochs):
    """CPU seconds of an epoch and memory of our preset."""
    import anndata

    from scrcl_geo._files.memory import peak_gigabytes

    adata = anndata.read_h5ad(file)
    looks = trained(adata, adata.obs["planted"].nunique(), epochs, 5)
    return {**times(looks.seconds[1:]), "peak_gb": peak_gigabytes()}


def page(rows, epochs):
    """The table as Markdown."""
    lines = [
        "# Growth of the published method",
        "",
        f"`python benchmarks/paper_growth.py --original CHECKOUT --python PYTHON` ({commit()}); one thread, "
        f"{os.cpu_count()} cores, {platform.machine()}. CPU seconds of a step, without clustering, median of "
        f"{epochs - 1} after the first; peak memory of the process. Same input, width (1500) and losses.",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "|" + "---:|" * len(COLUMNS),
        *(f"| {row[0]:,} | " + " | ".join(f"{value:.2f}" for value in row[1:]) + " |" for row in rows),
    ]
    if len(rows) > 1:
        lines += ["", f"The ratio is {statistics.median(row[3] for row in rows):.2f} in the median of sizes."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
