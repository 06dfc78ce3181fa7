"""One training shared by several processes: agreement with the labels, seconds, memory and traffic of each.

    python benchmarks/ranks.py osmFISH_SScortex.h5ad --truth domain --n-clusters 11 --nproc 1 2 --seeds 0 1 2

Runs of the command line, one after the other in turn; memory is the peak of each process by itself, sampled;
traffic is all that the loopback device has sent meanwhile.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import anndata
import pandas as pd
import psutil
from sklearn.metrics import adjusted_rand_score

_EVERY = 0.1  # seconds between two looks at the memory


def measured(source: Path, output: Path, nproc: int, seed: int, n_clusters: int) -> dict[str, float]:
    """Seconds, CPU seconds, peak memory in GB of the first process and of the largest other one, MB sent."""
    command = [sys.executable, "-m", "scrcl_geo", "run", str(source), "--output", str(output), "--quiet"]
    command += ["--n-clusters", str(n_clusters), "--seed", str(seed), "--nproc", str(nproc)]
    start, sent = time.perf_counter(), _sent()
    run = subprocess.Popen(command)
    peaks: dict[int, float] = {}
    seconds: dict[int, float] = {}
    while run.poll() is None:
        try:
            first = psutil.Process(run.pid)
            for process in (first, *first.children()):
                spent = process.cpu_times()
                seconds[process.pid] = spent.user + spent.system
                gigabytes = process.memory_info().rss / 1e9
                peaks[process.pid] = max(peaks.get(process.pid, 0.0), gigabytes)
        except psutil.NoSuchProcess:
            pass
        time.sleep(_EVERY)
    if run.returncode:
        raise RuntimeError(f"exit code {run.returncode} of {' '.join(command)}")
    found = {"seconds": time.perf_counter() - start, "CPU seconds": sum(seconds.values())}
    found["MB sent"] = (_sent() - sent) / 1e6
    others = sorted(peak for pid, peak in peaks.items() if pid != run.pid)
    return {**found, "GB first": peaks[run.pid], "GB other": others[-1] if nproc > 1 else float("nan")}


def _sent() -> int:
    return psutil.net_io_counters(pernic=True)["lo"].bytes_sent


def main() -> None:
    """Measure and print a table."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--truth", required=True, help="column of obs, for the score alone")
    arguments.add_argument("--n-clusters", type=int, required=True)
    arguments.add_argument("--nproc", type=int, nargs="+", default=[1, 2])
    arguments.add_argument("--seeds", type=int, nargs="+", default=[0])
    chosen = arguments.parse_args()
    truth = anndata.read_h5ad(chosen.data, backed="r").obs[chosen.truth]
    known = truth.notna().to_numpy()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "out.h5ad"
        for seed in chosen.seeds:
            for nproc in chosen.nproc:
                row = measured(chosen.data, output, nproc, seed, chosen.n_clusters)
                found = anndata.read_h5ad(output, backed="r").obs["scrcl"]
                row["ARI"] = adjusted_rand_score(truth[known], found[known])
                rows.append({"data": chosen.data.stem, "seed": seed, "nproc": nproc, **row})
                print(pd.DataFrame(rows[-1:]).round(3).to_string(index=False), flush=True)
    print(pd.DataFrame(rows).groupby(["data", "nproc"]).median().drop(columns="seed").round(3).to_string())


if __name__ == "__main__":
    main()
