"""A process that shares a training is killed at a random moment: what ends, what is told, what is lost.

    python benchmarks/rank_faults.py --kills 10

Each run has two processes, of which one, the first or the other in turn, gets kill -9 somewhere between the
start of the training and its end. Then ``--resume`` goes on, with one process or two in turn, and the
clusters are compared with those of a run that was left alone.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import anndata as ad
import psutil
from sklearn.metrics import adjusted_rand_score

import scrcl_geo as sg

HERE = Path(__file__).parent
LONGEST = 60.0  # seconds from the kill to the end of all processes


def main() -> int:
    """Kill, resume, write the table; 1 where something was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--cells", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=HERE / "results" / "rank_faults.md")
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sg.datasets.toy(n_slides=1, n_cells=arguments.cells, n_genes=100).write_h5ad(folder / "in.h5ad")
        training = left_alone(folder)
        rows = [killed(folder, number, random.uniform(0, training)) for number in range(arguments.kills)]
    arguments.output.write_text(page(rows, arguments), encoding="utf-8")
    print(page(rows, arguments))
    return 0 if all(row["well"] for row in rows) else 1


def started(folder: Path, output: str, *more: str) -> subprocess.Popen[str]:
    """A run of the command line that keeps its state after every epoch."""
    command = [sys.executable, "-m", "scrcl_geo", "run", str(folder / "in.h5ad"), "--n-clusters", "4"]
    command += ["--output", str(folder / output), "--checkpoint-every", "0", *more]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def left_alone(folder: Path) -> float:
    """Seconds of training of two processes; their output is kept."""
    run = started(folder, "alone.h5ad", "--nproc", "2")
    checkpoint = folder / ".alone.h5ad.checkpoint"
    while not checkpoint.exists():
        time.sleep(0.01)
    begun = time.perf_counter()
    psutil.wait_procs(psutil.Process(run.pid).children())
    training = time.perf_counter() - begun
    run.communicate()
    return training


def killed(folder: Path, number: int, wait: float) -> dict[str, object]:
    """One kill and what came of it."""
    output, checkpoint = folder / "out.h5ad", folder / ".out.h5ad.checkpoint"
    output.unlink(missing_ok=True)
    run = started(folder, output.name, "--nproc", "2")
    while not checkpoint.exists() and run.poll() is None:
        time.sleep(0.01)
    first = psutil.Process(run.pid)
    processes = [first, *first.children()]
    time.sleep(wait)
    which = number % 2
    ended_before = not processes[which].is_running()
    if not ended_before:
        processes[which].kill()
    told = [line for line in run.communicate()[1].splitlines() if line.startswith("scrcl-geo:")]
    _, alive = psutil.wait_procs(processes[1:], timeout=LONGEST)
    partial = output.exists() and not ended_before
    again = str(1 + number // 2 % 2)
    resumed = started(folder, output.name, "--resume", "--nproc", again)
    resumed.communicate()
    labels = [ad.read_h5ad(path).obs["scrcl"] for path in (output, folder / "alone.h5ad")]
    ari = adjusted_rand_score(*labels)
    one_line = len(told) == which or ended_before  # nobody is left to tell where the first is gone
    well = not alive and not partial and one_line and resumed.returncode == 0 and ari > 0.9
    return {
        "killed": "after the end" if ended_before else ("the first", "the other")[which],
        "after": wait,
        "told": told[0].removeprefix("scrcl-geo: ") if told else "",
        "alive": len(alive),
        "resumed": again,
        "status": resumed.returncode,
        "ari": ari,
        "left": len(list(folder.glob(".out*"))),
        "well": well,
    }


def page(rows: list[dict[str, object]], arguments: argparse.Namespace) -> str:
    """The table as Markdown."""
    lines = [
        "# A process of a shared training is killed",
        "",
        f"`benchmarks/rank_faults.py --kills {arguments.kills}`: two processes, {arguments.cells} cells; "
        f"{sum(bool(row['well']) for row in rows)} of {len(rows)} ended well. ARI is of the clusters after "
        "`--resume` with those of a run that was left alone.",
        "",
        "| killed | s into training | told | processes left | resumed with | status | ARI | files left |",
        "|---|---:|---|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        lines.append(
            f"| {row['killed']} | {row['after']:.1f} | {row['told']} | {row['alive']} | {row['resumed']} | "
            f"{row['status']} | {row['ari']:.3f} | {row['left']} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
