"""Runs that are killed at random moments and resumed, and other faults: what is lost, what differs.

    python benchmarks/faults.py --kills 100

A run is a fork of a process that has imported everything, so that moments spread over the work itself; the
kill -9 is real. Each killed run is resumed, and killed again, until one gets through, and its output is
compared bit for bit with that of a run that was left alone.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import anndata as ad
import numpy as np

import scrcl_geo as sg
from scrcl_geo import _pipeline  # noqa: F401 - a fork finds it imported
from scrcl_geo.cli import main as command

warnings.filterwarnings("ignore")

SLOWEST = 10.0  # seconds from a signal to the end, on a busy machine


def start(arguments: list[str], prepare: Callable[[], None] = lambda: None) -> int:
    """Fork a run; its process number."""
    child = os.fork()
    if child == 0:
        logging.disable(logging.CRITICAL)
        sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - until the fork ends
        prepare()
        os._exit(command(arguments))
    return child


def finish(child: int) -> int:
    """Exit status of a fork; negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def same(output: Path, expected: Path) -> bool:
    """Whether two results agree bit for bit."""
    result, wanted = ad.read_h5ad(output), ad.read_h5ad(expected)
    return (
        all(np.array_equal(result.obsm[key], wanted.obsm[key]) for key in wanted.obsm)
        and result.obs.equals(wanted.obs)
        and result.uns["scrcl"]["losses"].equals(wanted.uns["scrcl"]["losses"])
        and result.uns["scrcl_associations"].equals(wanted.uns["scrcl_associations"])
    )


def readable(output: Path) -> bool:
    """Whether a file is a complete .h5ad."""
    try:
        return ad.read_h5ad(output).n_obs > 0
    except Exception:
        return False


def kills(folder: Path, source: Path, expected: Path, seconds: float, n_kills: int) -> dict[str, int]:
    """Kill until there were enough; runs that got through are compared."""
    count = {"runs": 0, "during training": 0, "corrupt": 0, "differing": 0, "left behind": 0}
    output = folder / "out.h5ad"
    checkpoint = folder / ".out.h5ad.checkpoint"
    base = ["run", str(source), "--output", str(output), "--n-clusters", "4", "--checkpoint-every", "0"]
    while count["runs"] < n_kills or output.exists():
        output.unlink(missing_ok=True)
        resumed: list[str] = []
        while True:
            child = start([*base, *resumed])
            if count["runs"] < n_kills:
                time.sleep(random.uniform(0, 1.1 * seconds))  # some are left alone
                os.kill(child, signal.SIGKILL)
            status = finish(child)
            if status == 0:
                break
            count["runs"] += 1
            count["during training"] += checkpoint.exists()
            count["corrupt"] += output.exists() and not readable(output)
            resumed = ["--resume"] if checkpoint.exists() else []
        count["differing"] += not same(output, expected)
        count["left behind"] += len(list(folder.glob(".out*")))
        if count["runs"] >= n_kills:
            break
    return count


def interrupted(folder: Path, source: Path, seconds: float, number: int, n_runs: int) -> dict[str, float]:
    """SIGINT or SIGTERM at random moments over an old output."""
    output = folder / "old.h5ad"
    slowest, lost, partial = 0.0, 0, 0
    for _ in range(n_runs):
        output.write_text("old")
        child = start(["run", str(source), "--output", str(output), "--n-clusters", "4"])
        time.sleep(random.uniform(0.2, 0.8) * seconds)
        at = time.perf_counter()
        os.kill(child, number)
        finish(child)
        slowest = max(slowest, time.perf_counter() - at)
        lost += output.read_text() != "old"
        partial += len([p for p in folder.glob(".old*") if not p.name.endswith(".checkpoint")])
    return {"runs": n_runs, "slowest": slowest, "lost": lost, "partial": partial}


def full_disk(folder: Path, source: Path, n_runs: int) -> dict[str, int]:
    """A limit on the size of files, reached at a random byte while the output is written."""
    output = folder / "old.h5ad"
    lost = wrong = 0
    for _ in range(n_runs):
        output.write_text("old")
        limit = random.randint(1, 200_000)
        child = start(
            ["run", str(source), "--output", str(output), "--n-clusters", "4", "--checkpoint-every", "1e9"],
            lambda limit=limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        )
        wrong += finish(child) != 2
        lost += output.read_text() != "old"
    return {"runs": n_runs, "lost": lost, "not one clear line": wrong}


def lost(killed: dict[str, int], signals: dict[str, dict[str, float]], full: dict[str, int]) -> list[str]:
    """What was lost, one line each; none where all is well."""
    counts = {
        **{f"process killed: {what}": killed[what] for what in ("corrupt", "differing", "left behind")},
        **{f"{name}: {what}": ended[what] for name, ended in signals.items() for what in ("lost", "partial")},
        **{f"disk full: {what}": full[what] for what in ("lost", "not one clear line")},
    }
    slow = {name: ended["slowest"] for name, ended in signals.items() if ended["slowest"] > SLOWEST}
    return [f"{what}: {n:.0f}" for what, n in counts.items() if n] + [
        f"{name}: ended after {seconds:.0f} s" for name, seconds in slow.items()
    ]


def main() -> int:
    """Provoke the faults and write the table; 1 where something was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--others", type=int, default=10, help="runs of each other fault")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/faults.md"))
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, expected = folder / "in.h5ad", folder / "expected.h5ad"
        sg.datasets.toy(n_slides=1, n_cells=400, n_genes=100).write_h5ad(source)
        begun = time.perf_counter()
        assert finish(start(["run", str(source), "--output", str(expected), "--n-clusters", "4"])) == 0
        seconds = time.perf_counter() - begun
        killed = kills(folder, source, expected, seconds, arguments.kills)
        signals = {
            number.name: interrupted(folder, source, seconds, number, arguments.others)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        full = full_disk(folder, source, arguments.others)
    killed_runs = f"{killed['runs']} ({killed['during training']} with a checkpoint)"
    rows = [
        (
            "process killed",
            "kill -9 at a random moment, resumed until it got through",
            killed_runs,
            f"{killed['corrupt']} corrupt outputs, {killed['differing']} differing results, "
            f"{killed['left behind']} files left behind",
        ),
        *(
            (
                number,
                "at a random moment, over an old output",
                ended["runs"],
                f"{ended['lost']} old outputs lost, {ended['partial']} partial files, "
                f"ended within {ended['slowest']:.1f} s",
            )
            for number, ended in signals.items()
        ),
        (
            "disk full",
            "size of files limited to a random number of bytes",
            full["runs"],
            f"{full['lost']} old outputs lost, {full['not one clear line']} without the one clear line",
        ),
    ]
    lines = [
        "# Faults",
        "",
        f"A run on 400 cells takes {seconds:.1f} s here: `benchmarks/faults.py --kills {arguments.kills}`.",
        "",
        "| fault | how it was provoked | runs | found |",
        "|---|---|---:|---|",
        *("| " + " | ".join(map(str, row)) + " |" for row in rows),
    ]
    arguments.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    losses = lost(killed, signals, full)
    print(*losses, sep="\n", file=sys.stderr)
    return 1 if losses else 0


if __name__ == "__main__":
    sys.exit(main())
