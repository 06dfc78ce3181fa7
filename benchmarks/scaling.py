"""From disk to labels at growing size: seconds per stage, peak memory, exponents, beside scanpy.

    python benchmarks/scaling.py 10000 30000 100000 300000 --folder scaling
    python benchmarks/scaling.py 100000 --folder scaling --methods scrcl scanpy

Counts are drawn in a stream to disk: 2,000 genes at about 10 % density, 20 planted types with 60 marker genes
each. Every run is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

N_GENES, N_TYPES, N_MARKERS = 2000, 20, 60
STAGES = ("read", "graph", "embed", "cluster", "associations", "write")


def write_counts(path: Path, n_cells: int, seed: int = 0) -> None:
    """Counts of planted types as .h5ad, 10,000 cells in memory at a time."""
    import h5py
    from anndata.io import write_elem

    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.full(N_TYPES, 5.0))
    base = rng.lognormal(-2.7, 1.0, N_GENES)  # expected counts of an average cell
    fold = np.ones((N_TYPES, N_GENES))
    for row in fold:
        row[rng.permutation(N_GENES)[:N_MARKERS]] = rng.lognormal(1.2, 0.5, N_MARKERS)
    types = rng.choice(N_TYPES, n_cells, p=share)
    partial = path.with_suffix(".part")
    with h5py.File(partial, "w") as file:
        x = file.create_group("X")
        x.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0"})
        x.attrs["shape"] = (n_cells, N_GENES)
        data = x.create_dataset("data", (0,), np.float32, maxshape=(None,), chunks=(1 << 18,))
        indices = x.create_dataset("indices", (0,), np.int32, maxshape=(None,), chunks=(1 << 18,))
        pointers = [np.zeros(1, np.int64)]
        for start in range(0, n_cells, 10_000):
            kind = types[start : start + 10_000]
            depth = rng.lognormal(0, 0.35, len(kind))[:, None]
            counts = rng.poisson(depth * base * fold[kind] * rng.gamma(4, 0.25, (len(kind), N_GENES)))
            rows, columns = np.nonzero(counts)
            for dataset, values in ((data, counts[rows, columns]), (indices, columns)):
                dataset.resize(len(dataset) + len(values), axis=0)
                dataset[-len(values) :] = values
            pointers.append(pointers[-1][-1] + np.cumsum(np.bincount(rows, minlength=len(kind))))
        pointer = np.concatenate(pointers)
        # scanpy needs both index arrays of one type
        x.create_dataset("indptr", data=pointer.astype(np.int32 if pointer[-1] < 2**31 else np.int64))
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        obs = pd.DataFrame({"planted": pd.Categorical(types.astype(str))})
        obs.index = "c" + pd.RangeIndex(n_cells).astype(str)
        write_elem(file, "obs", obs)
        write_elem(file, "var", pd.DataFrame(index="g" + pd.RangeIndex(N_GENES).astype(str)))
    partial.rename(path)


def scrcl(source: Path, output: Path) -> dict[str, float]:
    """The command line as a user runs it; what it prints is what is measured."""
    entry = [sys.executable, "-m", "scrcl_geo.cli"]
    info = subprocess.run([*entry, "info", str(source)], capture_output=True, text=True, check=True).stdout
    command = [*entry, "run", str(source), "--output", str(output), "--n-clusters", str(N_TYPES)]
    start = time.perf_counter()
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    measured = {"seconds": time.perf_counter() - start}
    for stage in STAGES:
        measured[f"seconds {stage}"] = float(re.search(rf"seconds {stage} +([\d.]+)", printed)[1])
        measured[f"planned {stage}"] = float(re.search(rf"seconds {stage} +([\d.]+)", info)[1])
    measured["GB"] = float(re.search(r"peak memory +([\d.]+)", printed)[1])
    measured["planned GB"] = float(re.search(r"estimate .* ([\d.]+) GB", info)[1])
    return measured


def scanpy(source: Path, output: Path) -> dict[str, float]:
    """Log expression, PCA, neighbours and Leiden, as scanpy's tutorials do it, in a process of its own."""
    code = (
        "import sys, json, resource, scanpy as sc; a = sc.read_h5ad(sys.argv[1]);"
        "sc.pp.normalize_total(a); sc.pp.log1p(a); sc.pp.pca(a); sc.pp.neighbors(a);"
        "sc.tl.leiden(a, key_added='scrcl', flavor='igraph', n_iterations=2, directed=False);"
        "a.write_h5ad(sys.argv[2]);"
        "print(json.dumps({'GB': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6}))"
    )
    start = time.perf_counter()
    command = [sys.executable, "-W", "ignore", "-c", code, str(source), str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {"seconds": time.perf_counter() - start, **json.loads(done.stdout.splitlines()[-1])}


METHODS = {"scrcl": scrcl, "scanpy": scanpy}


def agreement(output: Path, truth: str = "planted") -> float:
    """ARI of the labels in a file with the planted types, or with another column where it has labels."""
    import h5py
    from anndata.io import read_elem
    from sklearn.metrics import adjusted_rand_score

    with h5py.File(output, "r") as file:
        obs = read_elem(file["obs"]).dropna(subset=[truth])
    return float(adjusted_rand_score(obs[truth], obs["scrcl"]))


def exponent(table: pd.DataFrame, column: str) -> float:
    """Slope of a quantity against cells, both as logarithms."""
    return float(np.polyfit(np.log(table["cells"]), np.log(table[column]), 1)[0])


def report(rows: list[dict[str, float | str]]) -> str:
    """Markdown."""
    table = pd.DataFrame(rows)
    threads = os.environ.get("OMP_NUM_THREADS", os.cpu_count())
    names = ("torch", "torch-geometric", "scanpy", "anndata", "faiss-cpu", "scikit-learn")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    lines = ["# From disk to labels", "", f"{platform.machine()}, {threads} thread(s). {versions}.", ""]
    columns = ["method", "cells", "seconds", "GB", "ARI", *[f"seconds {s}" for s in STAGES]]
    lines += _markdown(table.reindex(columns=columns))
    ours = table[table["method"] == "scrcl"]
    if len(ours):
        planned = ours[["cells", "GB", "planned GB"]].assign(
            seconds=ours[[f"seconds {s}" for s in STAGES]].sum(axis=1),
            planned=ours[[f"planned {s}" for s in STAGES]].sum(axis=1),
        )
        lines += ["", "## The plan before the run, and what was measured", "", *_markdown(planned)]
    if len(ours) > 1:
        large = ours[ours["cells"] <= 300_000]
        exponents = ", ".join(f"{c} {exponent(large, c):.2f}" for c in ("seconds", "GB"))
        lines += ["", f"Exponents in the number of cells up to {int(large['cells'].max()):,}: {exponents}."]
    return "\n".join(lines) + "\n"


def plot(rows: list[dict[str, float | str]], path: Path) -> None:
    """Seconds of each stage and peak memory against cells, logarithmic."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    table = pd.DataFrame(rows)
    ours = table[table["method"] == "scrcl"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for stage in STAGES if len(ours) else ():
        left.plot(ours["cells"], ours[f"seconds {stage}"].clip(lower=0.1), "o-", ms=3, label=stage)
    for method, part in table.groupby("method"):
        left.plot(
            part["cells"], part["seconds"], "s--", color="k" if method == "scrcl" else "C7", label=method
        )
        right.plot(part["cells"], part["GB"], "s--", color="k" if method == "scrcl" else "C7", label=method)
    for ax, name in ((left, "seconds"), (right, "peak memory, GB")):
        ax.set(xscale="log", yscale="log", xlabel="cells", ylabel=name)
        ax.legend(fontsize=7)
    figure.savefig(path, dpi=90)
    plt.close(figure)


def _markdown(table: pd.DataFrame) -> list[str]:
    shown = table.map(lambda v: v if isinstance(v, str) else f"{v:,.2f}" if v % 1 else f"{v:,.0f}")
    rows = ["| " + " | ".join(map(str, row)) + " |" for row in shown.replace("nan", "").to_numpy()]
    return ["| " + " | ".join(table.columns) + " |", "|---" * table.shape[1] + "|", *rows]


def main() -> None:
    """Generate what is missing, run what is missing, write rows and table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", type=int, nargs="+")
    parser.add_argument("--folder", type=Path, required=True, help="for data and outputs")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=["scrcl"])
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/scaling.md"))
    parser.add_argument("--again", action="store_true", help="run what has a row already")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    stored = arguments.output.with_suffix(".json")
    rows = json.loads(stored.read_text()) if stored.exists() else []
    for size in arguments.sizes:
        source = arguments.folder / f"{size}.h5ad"
        if not source.exists():
            write_counts(source, size)
        for method in arguments.methods:
            same = [r for r in rows if (r["method"], r["cells"]) == (method, size)]
            if same and not arguments.again:
                continue
            output = arguments.folder / f"{size}-{method}.h5ad"
            row = {"method": method, "cells": size, **METHODS[method](source, output)}
            row["ARI"] = agreement(output)
            output.unlink()
            rows = sorted([r for r in rows if r not in same] + [row], key=lambda r: (r["method"], r["cells"]))
            print(row, flush=True)
            stored.write_text(json.dumps(rows, indent=1))
            arguments.output.write_text(report(rows), encoding="utf-8")
            plot(rows, arguments.output.with_suffix(".png"))


if __name__ == "__main__":
    main()
