"""Our product of messages, cut of a batch and dropout against PyG's, SciPy's and torch's.

    OMP_NUM_THREADS=1 python benchmarks/products.py

Each product is a forward and a backward pass, median of several in a row, after one that fills caches; all
are compared with the first in value and gradient. They show why ``scrcl_geo/_messages.py`` has a product of
its own, and what it costs to cut batches by ``HeteroData.subgraph``.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch_geometric import EdgeIndex
from torch_geometric.utils import scatter

from scrcl_geo._messages import aggregate, csr_tensor
from scrcl_geo.graph._batches import subgraph
from scrcl_geo.graph._convert import from_matrices
from scrcl_geo.nn.dropout import Dropout

HERE = Path(__file__).parent
Product = Callable[[Tensor], Tensor]


def symmetric(n: int, n_edges: int, seed: int = 0) -> tuple[EdgeIndex, None]:
    """Edges without weights, about as many, each in both directions."""
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(n, size=(2, n_edges // 2))
    matrix = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), (n, n))
    matrix = matrix.maximum(matrix.T).tocsr()
    return edges(matrix, undirected=True)[0], None


def bipartite(n_sources: int, n_targets: int, n_edges: int, seed: int = 0) -> tuple[EdgeIndex, Tensor]:
    """Weighted edges from sources to targets."""
    rng = np.random.default_rng(seed)
    flat = rng.choice(n_sources * n_targets, n_edges, replace=False)
    values = rng.random(n_edges, dtype=np.float32) + 0.1
    return edges(
        sparse.csr_matrix((values, (flat // n_sources, flat % n_sources)), (n_targets, n_sources)),
        undirected=False,
    )


def edges(matrix: sparse.csr_matrix, *, undirected: bool) -> tuple[EdgeIndex, Tensor]:
    """The edges of a matrix (targets, sources), sorted by target, and their weights."""
    matrix.sort_indices()
    target = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    index = torch.from_numpy(np.stack([matrix.indices, target]).astype(np.int64))
    size = matrix.shape[::-1]
    index = EdgeIndex(index, sparse_size=size, sort_order="col", is_undirected=undirected)
    return index, torch.from_numpy(matrix.data)


def products(edge_index: EdgeIndex, weight: Tensor | None) -> dict[str, Product]:
    """The sum over each target's edges, by name; caches are filled before."""
    n_sources, n_targets = edge_index.sparse_size()
    source, target = edge_index.as_tensor()
    ones = torch.ones(len(source)) if weight is None else weight
    edge_index.fill_cache_()
    reverse = None
    if not edge_index.is_undirected:
        flipped = sparse.csr_matrix((ones, (source, target)), (n_sources, n_targets))
        reverse = edges(flipped, undirected=False)
        reverse[0].fill_cache_()
    pointers = edge_index.get_csc()[0][0]
    matrix = csr_tensor(pointers, source, ones, (n_targets, n_sources))
    # PyG's own form: rows are targets; sums over transposed edges fail in its backward pass where G is not N
    rows = EdgeIndex(
        torch.stack([target, source]),
        sparse_size=(n_targets, n_sources),
        sort_order="row",
        is_undirected=edge_index.is_undirected,
    ).fill_cache_()
    return {
        "scrcl_geo._messages.aggregate": lambda x: aggregate(edge_index, x, weight, reverse=reverse),
        "without the reverse relation": lambda x: aggregate(edge_index, x, weight),
        "EdgeIndex.matmul": lambda x: rows.matmul(x, input_value=weight),
        "torch CSR": lambda x: matrix @ x,
        "gather and scatter": lambda x: scatter(
            x[source] if weight is None else x[source] * weight[:, None], target, dim_size=n_targets
        ),
    }


def milliseconds(product: Product, x: Tensor, repeats: int) -> tuple[float, Tensor, Tensor]:
    """Median of forward and backward, the value and the gradient."""
    x = x.clone().requires_grad_()
    taken = []
    for _ in range(repeats + 1):
        x.grad = None
        start = time.perf_counter()
        y = product(x)
        y.backward(torch.ones_like(y))
        taken.append(1e3 * (time.perf_counter() - start))
    return statistics.median(taken[1:]), y.detach(), x.grad


def compared(edge_index: EdgeIndex, weight: Tensor | None, width: int, repeats: int) -> list[tuple[str, str]]:
    """A row per product: name, and milliseconds or what kept it from running."""
    x = torch.randn(edge_index.sparse_size()[0], width, generator=torch.Generator().manual_seed(0))
    rows, expected = [], None
    for name, product in products(edge_index, weight).items():
        if name.startswith("without") and edge_index.is_undirected:
            continue
        try:
            taken, *result = milliseconds(product, x, repeats)
        except (RuntimeError, ValueError, NotImplementedError) as error:
            rows.append((name, f"fails: {str(error).splitlines()[0][:80]}"))
            continue
        expected = expected or result
        for got, wanted in zip(result, expected, strict=True):
            torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-3)
        rows.append((name, f"{taken:.1f}"))
    return rows


def cuts(n_cells: int, n_genes: int, n_values: int, batch: int, repeats: int) -> list[tuple[str, str]]:
    """Milliseconds to cut one batch of random cells out of expression and neighbours."""
    rng = np.random.default_rng(0)
    genes = rng.integers(n_genes, size=n_cells * n_values)
    cells = np.repeat(np.arange(n_cells), n_values)
    expression = sparse.csr_matrix((np.ones(len(genes), np.float32), (cells, genes)), (n_cells, n_genes))
    near = symmetric(n_cells, 20 * n_cells)[0].as_tensor().numpy()
    near = sparse.csr_matrix((np.ones(near.shape[1], np.float32), near[::-1]), (n_cells, n_cells))
    x = rng.standard_normal((n_cells, 50)).astype(np.float32)
    data = from_matrices(x, {("cell", "similar_to", "cell"): near}, expression)
    chosen = [np.sort(rng.permutation(n_cells)[:batch]) for _ in range(repeats + 1)]
    ways = {
        "HeteroData.subgraph, all relations with sort order kept": lambda rows: subgraph(
            data, torch.from_numpy(rows)
        ),
        "rows of SciPy CSR: expression, neighbours, features": lambda rows: (
            expression[rows],
            near[rows][:, rows],
            x[rows],
        ),
        "rows of SciPy CSR, then HeteroData": lambda rows: from_matrices(
            x[rows], {("cell", "similar_to", "cell"): near[rows][:, rows]}, expression[rows]
        ),
    }
    rows = []
    for name, cut in ways.items():
        taken = []
        for cells in chosen:
            start = time.perf_counter()
            cut(cells)
            taken.append(1e3 * (time.perf_counter() - start))
        rows.append((name, f"{statistics.median(taken[1:]):.1f}"))
    return rows


def drops(n_rows: int, width: int, repeats: int) -> list[tuple[str, str]]:
    """Milliseconds to drop a tenth of the entries, forward and backward."""
    x = torch.ones(n_rows, width)
    ways = {"scrcl_geo.nn.dropout.Dropout": Dropout(0.1), "torch.nn.Dropout": torch.nn.Dropout(0.1)}
    return [(name, f"{milliseconds(way, x, repeats)[0]:.1f}") for name, way in ways.items()]


def markdown(sections: dict[str, list[tuple[str, str]]]) -> str:
    """A table per section, with versions."""
    names = ("torch", "torch-geometric", "scipy", "numpy")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    lines = [
        "# Products of messages, and cuts of batches",
        "",
        f"`benchmarks/products.py`, {platform.machine()}, {torch.get_num_threads()} thread(s) of "
        f"{os.cpu_count()} cores. {versions}. Milliseconds, medians; products forward and backward.",
    ]
    for title, rows in sections.items():
        lines += ["", f"## {title}", "", "| how | ms |", "|---|---:|"]
        lines += [f"| {name} | {value} |" for name, value in rows]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Time and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="of all sizes, for a quick look")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--output", type=Path, default=HERE / "results" / "products.md")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)

    def size(n: int) -> int:
        return max(16, int(n * arguments.scale))

    n, e = size(10_000), size(300_000)
    cells, genes, values = size(10_000), size(2000), size(1_300_000)
    values = min(values, cells * genes // 4)
    large, batch = size(100_000), size(8192)
    sections = {
        f"Unweighted, symmetric: {n:,} nodes, about {e:,} edges, width 128": compared(
            *symmetric(n, e), 128, arguments.repeats
        ),
        f"Weighted, bipartite: {cells:,} cells to {genes:,} genes, {values:,} edges, width 32": compared(
            *bipartite(cells, genes, values), 32, arguments.repeats
        ),
        f"One batch of {batch:,} of {large:,} cells, 130 genes and 20 neighbours a cell": cuts(
            large, size(2000), 130, batch, max(1, arguments.repeats // 3)
        ),
        f"Dropout of {batch:,} × 128 entries": drops(batch, 128, arguments.repeats),
    }
    text = markdown(sections)
    arguments.output.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
