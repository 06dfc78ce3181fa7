"""Genes and components of a file that nobody holds: two Dask workers of 1.5 GB each, and one process alone.

    python benchmarks/dask_preprocess.py 100000 --folder data

Counts of 20,000 genes are drawn in a stream to disk. Each way is a process of its own; memory is the largest
resident size that the system saw of each process, and what a worker spilled is its own count.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

import scrcl_geo as sg
from scrcl_geo._files import h5ad
from scrcl_geo._files.memory import peak_gigabytes
from scrcl_geo.cli._dask import _started

N_GENES, N_TYPES, N_MARKERS, N_MOLECULES = 20_000, 20, 600, 1500
N_WORKERS, EACH = 2, 1.5
_NAMES = ("dask", "distributed", "anndata", "h5py", "numpy", "scipy")


def write_counts(path: Path, n_cells: int, seed: int = 0) -> None:
    """Molecules of planted types as .h5ad, 2,000 cells in memory at a time."""
    import h5py
    from anndata.io import sparse_dataset, write_elem

    rng = np.random.default_rng(seed)
    shares = rng.lognormal(-2.7, 1.5, N_GENES) * np.ones((N_TYPES, 1))
    for row in shares:
        row[rng.permutation(N_GENES)[:N_MARKERS]] *= rng.lognormal(1.2, 0.5, N_MARKERS)
    below = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    types = rng.integers(N_TYPES, size=n_cells)
    partial = path.with_suffix(".part")
    with h5py.File(partial, "w") as file:
        for start in range(0, n_cells, 2000):
            kinds = types[start : start + 2000]
            molecules = rng.poisson(N_MOLECULES * rng.lognormal(0, 0.35, len(kinds)))
            cells = np.repeat(np.arange(len(kinds)), molecules)
            genes, at = np.empty(len(cells), np.int32), rng.random(len(cells))
            for kind in range(N_TYPES):
                own = kinds[cells] == kind
                genes[own] = np.searchsorted(below[kind, :-1], at[own])
            ones = np.ones(len(cells), np.float32)
            counts = sparse.csr_matrix((ones, (cells, genes)), (len(kinds), N_GENES))
            if start:
                sparse_dataset(file["X"]).append(counts)
            else:
                write_elem(file, "X", counts)
        write_elem(file, "obs", pd.DataFrame(index="c" + pd.RangeIndex(n_cells).astype(str)))
        write_elem(file, "var", pd.DataFrame(index="g" + pd.RangeIndex(N_GENES).astype(str)))
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
    partial.rename(path)


def spilled(dask_worker: Any) -> int:
    """Bytes that a worker has written to disk to free memory."""
    counted = dask_worker.data.cumulative_metrics
    return int(sum(n for name, n in counted.items() if name == ("disk-write", "bytes")))


def preprocess(source: Path, output: Path, *, workers: bool) -> dict[str, Any]:
    """Genes and components into ``output``; seconds, GB and bytes spilled."""
    h5ad.IN_MEMORY = 0  # bytes: this X stays on disk whatever its size
    adata = sg.read(source)
    found: dict[str, Any] = {"GB of workers": [], "spilled": []}
    with ExitStack() as stack:
        if workers:
            from distributed import Client

            cluster = stack.enter_context(_started(N_WORKERS, N_WORKERS * EACH))
            client = stack.enter_context(Client(cluster, set_as_default=False))
            client.wait_for_workers(N_WORKERS)
            stack.enter_context(sg.pp.on_workers(client))
        start = time.perf_counter()
        sg.pp.select_genes(adata)
        found["seconds genes"] = time.perf_counter() - start
        sg.pp.pca(adata)
        found["seconds"] = time.perf_counter() - start
        if workers:
            found["GB of workers"] = sorted(client.run(peak_gigabytes).values())
            found["spilled"] = sorted(client.run(spilled).values())
            found["restarts"] = len(client.nthreads()) - N_WORKERS
    np.savez(output, used=adata.var["scrcl_used"], features=adata.obsm["X_scrcl_pca"])
    return {**found, "GB": peak_gigabytes()}


def report(n_cells: int, rows: dict[str, dict[str, Any]], same: bool, largest: float) -> str:
    """Markdown."""
    versions = ", ".join(f"{name} {version(name)}" for name in _NAMES)
    load = f"load average {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores"
    lines = [
        "# Preprocessing a file on Dask workers",
        "",
        f"`benchmarks/dask_preprocess.py {n_cells}`: {n_cells:,} cells × {N_GENES:,} genes on disk; genes "
        f"chosen and components of three transforms. {N_WORKERS} workers of {EACH} GB, a thread per process. "
        f"Python {platform.python_version()}, {versions}; {load}.",
        "",
        "| | seconds | of which genes | GB, main process | GB, workers | bytes spilled |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        memory = ", ".join(f"{gigabytes:.2f}" for gigabytes in row["GB of workers"])
        wrote = ", ".join(map(str, row["spilled"]))
        lines.append(
            f"| {name} | {row['seconds']:.0f} | {row['seconds genes']:.0f} | {row['GB']:.2f} "
            f"| {memory} | {wrote} |"
        )
    genes = "the same" if same else "not the same"
    lines += ["", f"Genes: {genes}. Largest difference of a feature: {largest:.1e}."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Draw what is missing, run both ways, compare, write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cells", type=int)
    parser.add_argument("--folder", type=Path, required=True, help="for data and features")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/dask.md"))
    parser.add_argument("--one", choices=("process", "workers"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    source = arguments.folder / f"{arguments.cells}.h5ad"
    outputs = {name: arguments.folder / f"{arguments.cells}-{name}.npz" for name in ("process", "workers")}
    if arguments.one is not None:
        workers = arguments.one == "workers"
        print(json.dumps(preprocess(source, outputs[arguments.one], workers=workers)))
        return
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if not source.exists():
        write_counts(source, arguments.cells)
    rows = {}
    for name in outputs:
        command = [sys.executable, __file__, str(arguments.cells), "--folder", str(arguments.folder)]
        done = subprocess.run([*command, "--one", name], stdout=subprocess.PIPE, text=True, check=True)
        rows[name] = json.loads(done.stdout.splitlines()[-1])
        print(name, rows[name], flush=True)
    one, other = (np.load(path) for path in outputs.values())
    same = bool((one["used"] == other["used"]).all())
    largest = float(np.abs(one["features"] - other["features"]).max()) if same else float("nan")
    names = {"process": "one process", "workers": f"{N_WORKERS} workers"}
    text = report(arguments.cells, {names[name]: row for name, row in rows.items()}, same, largest)
    arguments.output.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
