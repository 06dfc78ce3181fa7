"""Run a suite: one tidy CSV row per set × method × seed, each in a process of its own.

    python benchmarks/run.py cells --data ../shared/data
    python benchmarks/run.py spatial --methods scrcl leiden --seeds 0 1 2

Rows that are already in the output are not run again. A method that fails becomes a row with its error.
Labels are taken out of the AnnData before the method sees it and are read again by the scorer alone.
"""

from __future__ import annotations

import argparse
import csv
import functools
import importlib
import json
import os
import platform
import subprocess
import sys
import time
import tomllib
import warnings
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
STAGES = ["graph", "embed", "cluster", "associations", "niche", "train"]
COLUMNS = [
    *(
        "suite",
        "set",
        "method",
        "seed",
        "k",
        "classes",
        "k_found",
        "ACC",
        "NMI",
        "ARI",
        "F1",
        "largest",
        "smallest",
    ),
    *(f"seconds_{stage}" for stage in STAGES),
    *("seconds", "cpu_seconds", "peak_gb", "error", "version", "commit", "machine"),
]


def main():
    """Run what is missing and append it to the output."""
    arguments = parse()
    if arguments.one:
        print(json.dumps(one(arguments, *arguments.one)))
        return
    suite = tomllib.loads((HERE / "suites" / f"{arguments.suite}.toml").read_text())
    output = Path(arguments.output or HERE / "runs" / f"{arguments.suite}.csv")
    output.parent.mkdir(parents=True, exist_ok=True)
    done = read_done(output)
    jobs = [
        (name, method, seed, known)
        for known in arguments.k
        for seed in arguments.seeds
        for method in arguments.methods or suite["methods"]
        for name in arguments.sets or sets_of(suite)
    ]
    jobs = [job for job in jobs if (job[0], job[1], str(job[2]), job[3]) not in done]
    for number, (name, method, seed, known) in enumerate(jobs, 1):
        for row in in_own_process(arguments, suite["label"], name, method, seed, known):
            append(output, row)
            score = f"ARI {row['ARI']:.3f}" if row.get("ARI") not in (None, "") else row["error"][:80]
            print(f"{number}/{len(jobs)} {name} {row['method']} seed {seed}: {score}", flush=True)


def sets_of(suite):
    """Names of the sets of a suite, which lists them or groups them by ``family``."""
    return suite["sets"] if "sets" in suite else [name for sets in suite["family"].values() for name in sets]


def parse():
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite")
    parser.add_argument("--data", default=os.environ.get("SCRCL_GEO_DATA", "../shared/data"))
    parser.add_argument("--sets", nargs="+")
    parser.add_argument("--methods", nargs="+")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--k", nargs="+", choices=("known", "estimated"), default=["known"])
    parser.add_argument("--timeout", type=int, default=3600, help="seconds per run")
    parser.add_argument("--output")
    parser.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    return parser.parse_args()


def one(arguments, label, name, method, seed, known):
    """Run one method on one set in this process: a row per variant of its labels."""
    warnings.filterwarnings("ignore")
    sys.path.insert(0, str(HERE))
    import anndata

    from scrcl_geo._files.memory import peak_gigabytes

    adata = anndata.read_h5ad(Path(arguments.data) / f"{name}.h5ad")
    truth = adata.obs[label].copy()
    adata.obs = adata.obs[[]]
    k = truth.nunique()
    module, *options = method.split(":")
    method_module = importlib.import_module(f"methods.{module}")
    peek = {"truth": truth} if getattr(method_module, "PEEKS", False) else {}
    start, busy = time.perf_counter(), time.process_time()
    labels, seconds = method_module.run(adata, k if known == "known" else None, int(seed), *options, **peek)
    shared = {
        **{f"seconds_{stage}": round(value, 2) for stage, value in seconds.items()},
        "seconds": round(time.perf_counter() - start, 2),
        "cpu_seconds": round(time.process_time() - busy, 2),  # user + system, fair on a busy machine
        "peak_gb": round(peak_gigabytes(), 2),
    }
    variants = labels if isinstance(labels, dict) else {"": labels}
    return [
        {"method": method + suffix, **score(truth, assigned), **shared}
        for suffix, assigned in variants.items()
    ]


def score(truth, labels):
    """Numbers of clusters, agreement with the truth, largest and smallest cluster."""
    from scrcl_geo import metrics

    sizes = [int(n) for n in Counter(map(str, labels)).values()]
    return {
        "classes": int(truth.nunique()),
        "k_found": len(sizes),
        **metrics.scores(truth, labels),
        "largest": max(sizes),
        "smallest": min(sizes),
    }


def in_own_process(arguments, label, name, method, seed, known):
    """The rows of one run, mostly one; a crash or a time-out is a row too."""
    from scrcl_geo import __version__

    row = {
        "suite": arguments.suite,
        "set": name,
        "method": method,
        "seed": seed,
        "k": known,
        "error": "",
        "version": __version__,
        "commit": commit(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
    }
    command = [sys.executable, __file__, arguments.suite, "--data", arguments.data]
    command += ["--one", label, name, method, str(seed), row["k"]]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=arguments.timeout)
        if done.returncode == 0:
            return [row | scores for scores in json.loads(done.stdout.strip().splitlines()[-1])]
        row["error"] = done.stderr.strip().splitlines()[-1][:200] if done.stderr.strip() else "killed"
    except subprocess.TimeoutExpired:
        row["error"] = f"more than {arguments.timeout} s"
    return [row]


@functools.cache
def commit():
    """Short hash of the code that runs, with ``-dirty`` where tracked files differ; empty without git."""
    command = ["git", "-C", str(HERE), "describe", "--always", "--exclude=*", "--abbrev=10", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def read_done(output):
    """Keys of the rows that need not be run again."""
    if not output.exists():
        return set()
    with output.open() as file:
        return {(r["set"], r["method"], r["seed"], r["k"]) for r in csv.DictReader(file)}


def append(output, row):
    """Add one row; the header comes with the first."""
    new = not output.exists()
    if not new:
        add_columns(output)
    with output.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if new:
            writer.writeheader()
        writer.writerow(row)


def add_columns(output):
    """Rows of an earlier version of this script get the columns that came later, empty."""
    with output.open(newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames == COLUMNS:
            return
        rows = list(reader)
    with output.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
