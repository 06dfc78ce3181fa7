"""Whole runs on a few thousand cells, of this checkout and of release 0.1 in turn: seconds of the command.

    git worktree add ../scrcl_geo-0.1 v0.1.0   # or any checkout of release 0.1
    python benchmarks/small_runs.py ../scrcl_geo-0.1
    python benchmarks/small_runs.py ../scrcl_geo-0.1 --sizes --sets DLPFC_151673 CITE_CBMC_top2000

Planted types without space, or labelled sets, whose number of classes is given. CPU seconds are what a run
takes from a machine; wall seconds are longer beside other work. The start alone is Python, PyTorch, PyG and
anndata, the same in both versions.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import anndata
from scaling import N_TYPES, agreement, write_counts

HERE = Path(__file__).parent
LIBRARIES = ("torch", "torch-geometric", "anndata", "scikit-learn", "faiss-cpu")
START = "import torch, torch_geometric.nn, anndata, sklearn.cluster"


def main() -> None:
    """Run both versions at each size, in turn, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path, help="checkout of release 0.1")
    parser.add_argument("--sizes", nargs="*", type=int, default=[3000, 8000])
    parser.add_argument("--sets", nargs="*", default=[])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--threads", type=int, default=1, help="0: as many as a version takes by itself")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, default=HERE / "results" / "small_runs.md")
    arguments = parser.parse_args()
    threads = f"OMP_NUM_THREADS={arguments.threads}" if arguments.threads else "as many threads as they take"
    lines = [
        "# Whole runs on a few thousand cells, beside release 0.1",
        "",
        f"`python benchmarks/small_runs.py ../scrcl_geo-0.1`; {platform.machine()}, {threads}; "
        f"{', '.join(f'{name} {version(name)}' for name in LIBRARIES)}. Medians of {arguments.repeats} runs "
        f"in turn; CPU seconds, in brackets wall seconds. Planted types, {N_TYPES} clusters.",
        "",
        "| cells | 0.1 | this version | ratio of CPU; of wall seconds | start alone | ARI 0.1 | ARI |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "found.h5ad"
        for n_cells in arguments.sizes:
            source = Path(folder) / f"{n_cells}.h5ad"
            write_counts(source, n_cells)
            lines.append(row(f"{n_cells:,}", source, output, N_TYPES, "planted", arguments))
            print(lines[-1], flush=True)
        for name in arguments.sets:
            source = (arguments.data / f"{name}.h5ad").resolve()
            obs = anndata.read_h5ad(source, backed="r").obs
            label = "domain" if "domain" in obs else "cell_type"
            shown = f"{len(obs):,} ({name})"
            lines.append(row(shown, source, output, obs[label].nunique(), label, arguments))
            print(lines[-1], flush=True)
    arguments.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


def row(
    shown: str,
    source: Path,
    output: Path,
    n_clusters: int,
    truth: str,
    arguments: argparse.Namespace,
) -> str:
    """Both versions on one file."""
    run = ["-m", "scrcl_geo", "run", source, "--output", output, "--n-clusters", n_clusters, "--quiet"]
    seconds: dict[str, list[tuple[float, float]]] = {"before": [], "after": [], "start": []}
    ari = {}
    for _ in range(arguments.repeats):
        for name, root in (("before", arguments.before), ("after", HERE.parent)):
            seconds[name].append(timed(run, root, arguments.threads))
            ari[name] = agreement(output, truth)
            output.unlink()
        seconds["start"].append(timed(["-c", START], HERE.parent, arguments.threads))
    median = {name: [statistics.median(part) for part in zip(*s, strict=True)] for name, s in seconds.items()}
    took = {name: f"{cpu:.1f} ({wall:.1f})" for name, (cpu, wall) in median.items()}
    cpu, wall = (after / before for after, before in zip(median["after"], median["before"], strict=True))
    return (
        f"| {shown} | {took['before']} | {took['after']} | {cpu:.2f}; {wall:.2f} | {took['start']} "
        f"| {ari['before']:.2f} | {ari['after']:.2f} |"
    )


def timed(command: list[object], root: Path, threads: int) -> tuple[float, float]:
    """CPU and wall seconds of a Python command with that checkout in front."""
    environment = os.environ | {"PYTHONPATH": str(root.resolve())}
    if threads:
        environment["OMP_NUM_THREADS"] = str(threads)
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", *map(str, command)], cwd=root, env=environment
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command} in {root} failed")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - start


if __name__ == "__main__":
    main()
