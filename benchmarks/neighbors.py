"""Nearest neighbours by several libraries: seconds, memory and recall, each in its own process.

python benchmarks/neighbors.py 10000 100000 1000000
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

from scrcl_geo._neighbors.backends import Neighbors, exact, exact_in_single, inverted_file, without_itself

N_NEIGHBORS = 15
N_COLUMNS = 50
N_CHECKED = 1000
COLUMNS = ("backend", "rows", "seconds", "GB added", "recall")


def cells(n_rows: int, seed: int = 0) -> np.ndarray:
    """Rows like principal components of cells: 60 types of unequal size, each a curved sheet with noise."""
    rng = np.random.default_rng(seed)
    scale = 1 / np.sqrt(1 + np.arange(N_COLUMNS))
    centers = rng.normal(size=(60, N_COLUMNS)) * 4 * scale
    kind = rng.choice(60, size=n_rows, p=rng.dirichlet(np.full(60, 2.0)))
    sheets = rng.normal(size=(60, 4, N_COLUMNS)) * scale
    x = np.empty((n_rows, N_COLUMNS), np.float32)
    for k in range(60):
        rows = np.flatnonzero(kind == k)
        position, noise = rng.normal(size=(len(rows), 4)), rng.normal(size=(len(rows), N_COLUMNS))
        x[rows] = centers[k] + np.tanh(position) @ sheets[k] * 2 + noise * 0.5 * scale
    return x


def faiss_hnsw(x: np.ndarray, n_neighbors: int, seed: int) -> Neighbors:
    """faiss' hierarchical navigable small world graph."""
    import faiss

    index = faiss.IndexHNSWFlat(x.shape[1], 24)
    index.hnsw.efConstruction, index.hnsw.efSearch = 80, 4 * n_neighbors
    index.add(x)
    squared, nearest = index.search(x, n_neighbors + 1)
    return without_itself(nearest, squared)


def hnswlib(x: np.ndarray, n_neighbors: int, seed: int) -> Neighbors:
    """The library of the method's authors."""
    import hnswlib as library

    index = library.Index(space="l2", dim=x.shape[1])
    index.init_index(max_elements=len(x), M=24, ef_construction=80, random_seed=seed)
    index.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)))
    index.add_items(x)
    index.set_ef(4 * n_neighbors)
    nearest, squared = index.knn_query(x, n_neighbors + 1)
    return without_itself(nearest, squared)


def pynndescent(x: np.ndarray, n_neighbors: int, seed: int) -> Neighbors:
    """What umap-learn uses."""
    from pynndescent import NNDescent

    search = NNDescent(x, n_neighbors=n_neighbors + 1, random_state=seed)
    return without_itself(*search.neighbor_graph)


BACKENDS = {
    "scikit-learn, exact": exact,
    "faiss, exact": exact_in_single,
    "faiss inverted lists": inverted_file,
    "faiss HNSW": faiss_hnsw,
    "hnswlib": hnswlib,
    "pynndescent": pynndescent,
}
QUADRATIC = ("scikit-learn, exact", "faiss, exact")


def measure(name: str, n_rows: int) -> dict[str, float | int | str]:
    """One backend on one size, in this process."""
    import faiss

    x = cells(n_rows)
    BACKENDS[name](x[:2000], N_NEIGHBORS, 0)  # imports and compilation are not the search
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    index, _ = BACKENDS[name](x, N_NEIGHBORS, 0)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = np.random.default_rng(1).permutation(n_rows)[:N_CHECKED]
    distance, nearest = faiss.knn(x[rows], x, N_NEIGHBORS + 1)
    truth, _ = without_itself(nearest, distance, rows)
    hits = [len(np.intersect1d(a, b)) for a, b in zip(index[rows], truth, strict=True)]
    recall = float(np.mean(hits)) / N_NEIGHBORS
    return dict(zip(COLUMNS, (name, n_rows, round(seconds, 1), (peak - before) / 1e6, recall), strict=True))


def in_own_process(name: str, n_rows: int) -> dict[str, float | int | str]:
    """:func:`measure` in a process of its own; one that fails is a row that says so."""
    command = [sys.executable, __file__, "--one", name, str(n_rows)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return {"backend": f"{name}: failed", "rows": n_rows}
    return json.loads(done.stdout.splitlines()[-1])


def table(rows: list[dict[str, float | int | str]]) -> str:
    """Markdown."""
    threads = os.environ.get("OMP_NUM_THREADS", os.cpu_count())
    names = ("faiss-cpu", "hnswlib", "pynndescent", "scikit-learn", "numpy")
    lines = [
        f"# {N_NEIGHBORS} nearest neighbours in {N_COLUMNS} dimensions, {threads} thread(s)",
        "",
        f"Recall on {N_CHECKED} rows. " + ", ".join(f"{n} {version(n)}" for n in names) + ".",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        cells_ = [f"{row.get(c, '')}" for c in COLUMNS[:3]]
        cells_ += [f"{row[c]:.{d}f}" if c in row else "" for c, d in (("GB added", 2), ("recall", 4))]
        lines.append("| " + " | ".join(cells_) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all backends on all sizes and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/neighbors.md"))
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one[0], int(arguments.one[1]))))
        return
    rows = []
    for size in arguments.sizes:
        for name in BACKENDS:
            if size > 200_000 and name in QUADRATIC:
                continue
            rows.append(in_own_process(name, size))
            print(rows[-1], flush=True)
            arguments.output.write_text(table(rows))


if __name__ == "__main__":
    main()
