"""Many runs in one process, and many processes at once: what is left behind, and whether results agree.

    python benchmarks/load.py --runs 200 --at-once 8

Memory, open files and threads of the process are read after a tenth of the runs, when libraries have set up
what they keep, and after the last.
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import tempfile
import threading
import warnings
from pathlib import Path

import anndata as ad
import numpy as np
import psutil

import scrcl_geo as sg
from scrcl_geo import _pipeline

HERE = Path(__file__).parent
warnings.filterwarnings("ignore")

MEMORY = 1.1  # times the memory after a tenth of the runs


def state() -> dict[str, float]:
    """What this process holds: resident MB, open files, threads of the system and of Python."""
    process = psutil.Process()
    return {
        "MB": process.memory_info().rss / 1e6,
        "open files": process.num_fds(),
        "threads": process.num_threads(),
        "Python threads": threading.active_count(),
    }


def repeated(n_runs: int, n_cells: int) -> tuple[dict[str, float], dict[str, float], int]:
    """State early and at the end of many runs, from file to file, and how many results differ."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sg.datasets.toy(n_slides=1, n_cells=n_cells, n_genes=200).write_h5ad(folder / "in.h5ad")
        first, early, differing = None, {}, 0
        for i in range(n_runs):
            adata = ad.read_h5ad(folder / "in.h5ad")
            _pipeline.run(adata, _pipeline.Job(5, progress=False))
            adata.write_h5ad(folder / "out.h5ad")
            first = adata.obsm["X_scrcl"] if first is None else first
            differing += not np.array_equal(first, adata.obsm["X_scrcl"])
            if i + 1 == max(1, n_runs // 10):
                early = state()
        return early, state(), differing


def at_once(n_runs: int, n_cells: int) -> tuple[int, int]:
    """Runs of the command line side by side: how many end well, and how many differ from the first."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sg.datasets.toy(n_slides=1, n_cells=n_cells, n_genes=200).write_h5ad(folder / "in.h5ad")
        outputs = [folder / f"{i}.h5ad" for i in range(n_runs)]
        code = "import sys; from scrcl_geo.cli import main; sys.exit(main())"
        given = ["run", str(folder / "in.h5ad"), "--n-clusters", "5", "--quiet"]
        runs = [
            subprocess.Popen(
                [sys.executable, "-c", code, *given, "--output", str(output)], stderr=subprocess.DEVNULL
            )
            for output in outputs
        ]
        well = sum(run.wait() == 0 for run in runs)
        embeddings = [ad.read_h5ad(output).obsm["X_scrcl"] for output in outputs if output.exists()]
        if not embeddings:
            return well, 0
        return well, sum(not np.array_equal(embeddings[0], other) for other in embeddings)


def lost(
    early: dict[str, float], late: dict[str, float], differing: int, n_at_once: int, well: int, apart: int
) -> list[str]:
    """What grew, differed or failed, one line each; none where all is well."""
    grown = [key for key in early if key != "MB" and late[key] > early[key]]
    grown += ["MB"] if late["MB"] > MEMORY * early["MB"] else []
    losses = [f"{key}: {early[key]:.0f} grew to {late[key]:.0f}" for key in grown]
    losses += [f"{differing} results of one process differ"] if differing else []
    losses += [f"{n_at_once - well} of {n_at_once} runs at once failed"] if well < n_at_once else []
    return losses + ([f"{apart} results at once differ"] if apart else [])


def main() -> int:
    """Run and write the table; 1 where something grew, differed or failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--cells", type=int, default=300)
    parser.add_argument("--output", type=Path, default=HERE / "results" / "load.md")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    early, late, differing = repeated(arguments.runs, arguments.cells)
    well, apart = at_once(arguments.at_once, arguments.cells)
    lines = [
        "# Load",
        "",
        f"`benchmarks/load.py --runs {arguments.runs} --at-once {arguments.at_once} "
        f"--cells {arguments.cells}`, cores: {len(os.sched_getaffinity(0))}.",
        "",
        f"| one process | after {max(1, arguments.runs // 10)} runs | after {arguments.runs} | growth |",
        "|---|---:|---:|---:|",
        *(f"| {key} | {early[key]:.0f} | {late[key]:.0f} | {late[key] - early[key]:.0f} |" for key in early),
        "",
        f"Results that differ from the first: {differing}.",
        "",
        f"{arguments.at_once} runs at once: {well} ended well, {apart} differ from the first.",
    ]
    arguments.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    losses = lost(early, late, differing, arguments.at_once, well, apart)
    print(*losses, sep="\n", file=sys.stderr)
    return 1 if losses else 0


if __name__ == "__main__":
    sys.exit(main())
