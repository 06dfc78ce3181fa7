"""A GPU beside the CPU of the same machine: neighbours, training, and whole runs.

    python benchmarks/gpu.py --folder scaling

Cells are those that ``scaling.py`` draws, with places drawn at random where there is tissue. Needs torch,
torch-geometric, anndata, scanpy and scikit-learn.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import time
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scaling import N_TYPES, agreement, write_counts

import scrcl_geo as sg
from scrcl_geo._neighbors.backends import exact, inverted_file
from scrcl_geo._neighbors.on_device import nearest_on

if TYPE_CHECKING:
    from anndata import AnnData

CPU, CUDA = "cpu", "cuda"
N_NEIGHBORS, N_FEATURES = 15, 90
SLOWEST = 300_000  # rows that inverted lists are asked for


def neighbors(n_rows: int) -> list[str]:
    """All distances on the GPU, against what the CPU takes at this size and the share it finds."""
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(N_TYPES, N_FEATURES))
    x = centers[rng.integers(N_TYPES, size=n_rows)] + rng.normal(size=(n_rows, N_FEATURES))
    x = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    nearest_on(CUDA, x[:5000], N_NEIGHBORS)  # the first call starts libraries
    torch.cuda.reset_peak_memory_stats()
    start = time.perf_counter()
    truth, _ = nearest_on(CUDA, x, N_NEIGHBORS)
    row = [
        f"{n_rows:,}",
        f"{time.perf_counter() - start:.2f}",
        f"{torch.cuda.max_memory_allocated() / 1e9:.1f}",
    ]
    if n_rows > SLOWEST:
        return [*row, "", ""]
    start = time.perf_counter()
    found, _ = (exact if n_rows <= 20_000 else inverted_file)(x, N_NEIGHBORS)
    seconds = time.perf_counter() - start
    recall = np.mean([len(np.intersect1d(a, b)) for a, b in zip(truth, found, strict=True)]) / N_NEIGHBORS
    return [*row, f"{seconds:.2f}", f"{recall:.3f}"]


def training(adata: AnnData, kind: str) -> list[list[str]]:
    """Training and the last pass: float32 on both, and bfloat16 in matrix products on the GPU."""
    rows = []
    for name, device in ((CPU, CPU), (CUDA, CUDA), ("cuda, bfloat16", CUDA)):
        products = torch.autocast(CUDA, torch.bfloat16) if "bfloat16" in name else nullcontext()
        model = sg.ScRCL(early_stopping=False)
        try:
            with products:
                sg.ScRCL(max_epochs=2).fit(adata, device=device, progress=False)
                torch.cuda.reset_peak_memory_stats()
                start = time.perf_counter()
                model.fit(adata, device=device, progress=False)
                seconds = time.perf_counter() - start
        except RuntimeError as error:  # sparse products of some types are not there
            rows.append([f"{adata.n_obs:,}", kind, name, str(error).splitlines()[0][:60], "", "", ""])
            print(rows[-1], flush=True)
            continue
        start = time.perf_counter()
        z = model.embed(adata, on="joint")
        last = time.perf_counter() - start
        labels = sg.cluster.on_sample(lambda some: sg.cluster.kmeans(some, N_TYPES), z)
        peak = "" if device == CPU else f"{torch.cuda.max_memory_allocated() / 1e9:.2f}"
        quality = sg.metrics.ari(adata.obs["planted"], labels)
        row = [f"{adata.n_obs:,}", kind, name, f"{seconds:.2f}", f"{last:.2f}", peak, f"{quality:.3f}"]
        print(row, flush=True)
        rows.append(row)
    return rows


def run(source: Path, device: str) -> list[str]:
    """The command line on one device."""
    output = source.with_name(f"{source.stem}-{device}.h5ad")
    command = [sys.executable, "-W", "ignore", "-m", "scrcl_geo", "run", str(source), "--output", str(output)]
    command += ["--n-clusters", str(N_TYPES), "--device", device]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    seconds = time.perf_counter() - start
    stages = [re.search(rf"seconds {stage} +([\d.]+)", done.stdout)[1] for stage in ("graph", "embed")]
    peak = re.search(r"peak memory +([\d.]+)", done.stdout)[1]
    row = [source.stem, device, f"{seconds:.1f}", *stages, peak, f"{agreement(output):.3f}"]
    output.unlink()
    print(row, flush=True)
    return row


def table(columns: list[str], rows: list[list[str]]) -> list[str]:
    """Markdown."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---:|" * len(columns)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows), ""]


def main() -> None:
    """Measure, and write the tables after each part."""
    import anndata as ad

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="for the data")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/gpu.md"))
    parser.add_argument("--rows", type=int, nargs="*", default=[20_000, 100_000, 300_000, 1_000_000])
    parser.add_argument("--cells", type=int, nargs="*", default=[3000, 30_000])
    parser.add_argument("--runs", type=int, nargs="*", default=[100_000, 300_000])
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    names: list[Any] = ["torch", "torch-geometric", "scikit-learn", "faiss-cpu"]
    threads = os.environ.get("OMP_NUM_THREADS", os.cpu_count())
    lines = [
        "# A GPU",
        "",
        f"{torch.cuda.get_device_name()} beside {threads} threads of its machine, {platform.machine()}; "
        + ", ".join(f"{name} {version(name)}" for name in names)
        + ".",
        "",
    ]

    def write(title: str, columns: list[str], rows: list[list[str]]) -> None:
        lines.extend([f"## {title}", "", *table(columns, rows)])
        arguments.output.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")

    rows = [neighbors(n) for n in arguments.rows]
    print(rows, flush=True)
    title = f"The {N_NEIGHBORS} nearest of each of N rows of {N_FEATURES} columns"
    write(title, ["rows", "GPU, all, seconds", "GB", "CPU, seconds", "share it finds"], rows)
    rows = []
    for n_cells in arguments.cells:
        source = _cells(arguments.folder, n_cells)
        adata = ad.read_h5ad(source)
        for kind in ("cells", "tissue"):
            if kind == "tissue":
                adata.obsm["spatial"] = np.random.default_rng(0).random((n_cells, 2))
            sg.pp.graph(adata, n_top_genes=1000)
            rows += training(adata, kind)
    columns = ["cells", "kind", "on", "150 steps, seconds", "last pass", "GB of the GPU", "ARI of k-means"]
    write("Training", columns, rows)
    rows = [run(_cells(arguments.folder, n), device) for n in arguments.runs for device in (CPU, CUDA)]
    columns = ["cells", "on", "seconds", "graph", "embed", "GB of the machine", "ARI"]
    write("`scrcl-geo run`", columns, rows)


def _cells(folder: Path, n_cells: int) -> Path:
    source = folder / f"{n_cells}.h5ad"
    if not source.exists():
        write_counts(source, n_cells)
    return source


if __name__ == "__main__":
    main()
