"""Three functions of ours beside scanpy's and bbknn's own: time, memory and equality on three sets.

    python benchmarks/counterparts.py --data ../shared/data

`log_expression` beside `sc.pp.normalize_total` and `sc.pp.log1p`, `residual_variance` beside
`sc.experimental.pp.highly_variable_genes`, `balanced_distances` beside `bbknn` (where it is installed). A
counterpart is taken where its numbers are the same, it is at most 1.3 times as slow, holds no further copy of
the matrix and reads rows of a file. Samples for the balanced neighbours are drawn at random.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import statistics
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import scanpy as sc
from scipy import sparse

from scrcl_geo._features.expression import log_expression
from scrcl_geo._features.projection import residual_variance
from scrcl_geo._features.rows import row_sums
from scrcl_geo._neighbors.balanced import balanced_distances

HERE = Path(__file__).parent
SETS = ("10X_PBMC_top2000", "CITE_CBMC_top2000", "DLPFC_151673")
N_SAMPLES, N_NEIGHBORS = 3, 15
SLOWEST = 1.3  # times ours
COLUMNS = (
    "function",
    "set",
    "ours s",
    "theirs s",
    "times",
    "ours MB",
    "theirs MB",
    "rows on disk",
    "equal",
    "taken",
)


def scanpy_log(matrix: Any) -> sparse.csr_matrix:
    """Scaled to the median library, then log1p; the input is kept."""
    scaled = sc.pp.normalize_total(ad.AnnData(matrix), inplace=False)["X"]
    return sc.pp.log1p(scaled)


def scanpy_residuals(matrix: Any) -> np.ndarray:
    """Variance of Pearson residuals per gene."""
    table = sc.experimental.pp.highly_variable_genes(
        ad.AnnData(matrix), flavor="pearson_residuals", n_top_genes=100, check_values=False, inplace=False
    )
    return table["residual_variances"].to_numpy()


def our_residuals(matrix: Any) -> np.ndarray:
    """The same, ours."""
    return residual_variance(matrix, row_sums(matrix))


def bbknn_distances(x: np.ndarray, batch: np.ndarray) -> sparse.csr_matrix:
    """Exact balanced neighbours; bbknn counts a cell among its own."""
    from bbknn.matrix import bbknn

    distances, *_ = bbknn(
        pca=x,
        batch_list=batch.astype(str),
        neighbors_within_batch=N_NEIGHBORS // N_SAMPLES,
        n_pcs=x.shape[1],
        trim=0,
        computation="cKDTree",
        metric="euclidean",
    )
    return distances


def our_distances(x: np.ndarray, batch: np.ndarray) -> sparse.csr_matrix:
    """The same, ours; a cell is not its own neighbour."""
    return balanced_distances(x, batch, N_NEIGHBORS, metric="euclidean")


def cost(run: Callable[[], Any], repeats: int) -> tuple[float, float, Any]:
    """Median seconds, largest memory above the start in MB as Python and NumPy ask for it, the result."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = run()
        taken.append(time.perf_counter() - start)
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return statistics.median(taken), peak, result


def reads_disk(theirs: Callable[[Any], Any], counts: sparse.csr_matrix) -> str:
    """Whether a function takes a matrix that stays in a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.h5ad"
        ad.AnnData(counts).write_h5ad(path)
        backed = ad.read_h5ad(path, backed="r")
        try:
            theirs(backed.X)
        except Exception as error:  # whatever a library does with what it does not know
            return f"no ({type(error).__name__})"
        finally:
            backed.file.close()
    return "yes"


def largest_difference(a: Any, b: Any) -> str:
    """Largest difference over the largest value."""
    a, b = (m.toarray() if sparse.issparse(m) else np.asarray(m) for m in (a, b))
    return f"within {np.abs(a - b).max() / np.abs(b).max():.0e}"


def shared_neighbors(ours: sparse.csr_matrix, theirs: sparse.csr_matrix, batch: np.ndarray) -> str:
    """Share of our neighbours in other samples, and in the own one, that bbknn has too."""
    shares = []
    ours, theirs = ours.tocoo(), theirs.astype(bool).tocsr()
    common = np.asarray(theirs[ours.row, ours.col]).ravel()
    for across in (True, False):
        pairs = (batch[ours.row] != batch[ours.col]) == across
        shares.append(f"{common[pairs].mean():.1%}")
    return f"{shares[0]} across samples, {shares[1]} within"


def rows_of(path: Path, repeats: int) -> list[tuple[str, ...]]:
    """A row per function of one set."""
    counts = sparse.csr_matrix(ad.read_h5ad(path).X, dtype=np.float32)
    counts = counts[:, counts.getnnz(axis=0) >= 3]  # as pp.select_genes; scanpy warns of genes without counts
    small = counts[:300]
    pairs = {
        "log_expression": (lambda m: log_expression(m, "counts"), scanpy_log, largest_difference),
        "residual_variance": (our_residuals, scanpy_residuals, largest_difference),
    }
    rows = []
    for name, (ours, theirs, same) in pairs.items():
        theirs(small[:, small.getnnz(axis=0) > 0])  # compiles
        mine, other = cost(lambda f=ours: f(counts), repeats), cost(lambda f=theirs: f(counts), repeats)
        disk = reads_disk(theirs, counts[:, :200])
        rows.append(row(name, path.stem, mine, other, disk, same(mine[2], other[2])))
    if importlib.util.find_spec("bbknn") is not None:
        x = sc.pp.pca(log_expression(counts, "counts"), n_comps=30)
        batch = np.random.default_rng(0).integers(N_SAMPLES, size=len(x))
        bbknn_distances(x[:300], batch[:300])
        mine = cost(lambda: our_distances(x, batch), repeats)
        other = cost(lambda: bbknn_distances(x, batch), repeats)
        equal = shared_neighbors(mine[2], other[2], batch)
        rows.append(row("balanced_distances", path.stem, mine, other, "components only", equal))
    return rows


def row(name: str, set_: str, mine: tuple, other: tuple, disk: str, equal: str) -> tuple[str, ...]:
    """Cells of the table."""
    numbers = (f"{mine[0]:.3f}", f"{other[0]:.3f}", f"{other[0] / mine[0]:.1f}")
    reasons = ["slower"] if other[0] > SLOWEST * mine[0] else []
    reasons += ["more memory"] if other[1] > SLOWEST * mine[1] else []
    reasons += ["not from disk"] if disk.startswith("no ") else []
    taken = f"no: {', '.join(reasons)}" if reasons else "yes, where equal"
    return (name, set_, *numbers, f"{mine[1]:.0f}", f"{other[1]:.0f}", disk, equal, taken)


def markdown(rows: list[tuple[str, ...]], threads: str) -> str:
    """The table with versions."""
    names = ["scanpy", "numba", "scikit-learn", "scipy", "numpy"]
    names += ["bbknn"] if importlib.util.find_spec("bbknn") else []
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    lines = [
        "# Counterparts of scanpy and bbknn",
        "",
        f"`benchmarks/counterparts.py`, {platform.machine()}, {threads} thread(s). {versions}.",
        "Medians; MB above the start as Python and NumPy ask for them; `times`: theirs over ours.",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "|---|---|---:|---:|---:|---:|---:|---|---|---|",
        *("| " + " | ".join(cells) + " |" for cells in rows),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("SCRCL_GEO_DATA", "../shared/data")))
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--output", type=Path, default=HERE / "results" / "counterparts.md")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    rows = []
    for name in arguments.sets:
        rows += rows_of(arguments.data / f"{name}.h5ad", arguments.repeats)
    text = markdown(rows, os.environ.get("OMP_NUM_THREADS", str(os.cpu_count())))
    arguments.output.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
