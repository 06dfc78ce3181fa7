"""A run alone and beside busy loops on every core: how many times as long it takes.

    python benchmarks/slow_neighbor.py 20000

The loops have the same priority as the run, so on as many cores as loops twice as long is what sharing costs.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scaling import write_counts

HERE = Path(__file__).parent


def main() -> None:
    """Run alone, beside one loop, and beside one on each core; write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cells", type=int, nargs="?", default=20_000)
    parser.add_argument("--output", type=Path, default=HERE / "results" / "slow_neighbor.md")
    arguments = parser.parse_args()
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "in.h5ad"
        write_counts(source, arguments.cells)
        seconds = {loops: beside(loops, source) for loops in sorted({0, 1, cores})}
    rows = [f"| {loops} | {value:.1f} | {value / seconds[0]:.2f} |" for loops, value in seconds.items()]
    lines = [
        "# Beside busy loops",
        "",
        f"`python benchmarks/slow_neighbor.py {arguments.cells}`: from disk to labels, {cores} cores, "
        f"{platform.machine()}, nothing else on the machine.",
        "",
        "| busy loops | seconds | times as long as alone |",
        "|---:|---:|---:|",
        *rows,
    ]
    arguments.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def beside(n_loops: int, source: Path) -> float:
    """Seconds of a run of the command line beside some loops that never wait."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n_loops)]
    try:
        command = [sys.executable, "-m", "scrcl_geo", "run", str(source), "--n-clusters", "20", "--quiet"]
        start = time.perf_counter()
        subprocess.run([*command, "--output", str(source.with_name("out.h5ad"))], check=True)
        return time.perf_counter() - start
    finally:
        for loop in loops:
            loop.kill()


if __name__ == "__main__":
    main()
