"""The losses and the refinement as they are defined, with N × N matrices, against their exact linear form.

    python benchmarks/vs_dense.py 1000 2000 5000 10000
    python benchmarks/vs_dense.py --fit CITE_CBMC_top2000.h5ad

One step is forward and backward of all three losses and the refinement at equal width; time is the median
of three steps, memory what the step adds to its inputs. Each measurement is a process of its own. Both forms
give the same loss and gradients; the script checks it at the smallest size.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import linear as linear_map
from torch.nn.functional import normalize
from torch_geometric import EdgeIndex
from torch_geometric.data import HeteroData

from scrcl_geo.losses import DistributionAlignment, NeighborhoodAlignment, ViewConsistency
from scrcl_geo.nn import PaperRefinement

WIDTH, CLUSTERS, GENES, NEIGHBORS, DENSITY, TEMPERATURE = 1500, 15, 2000, 15, 0.1, 1.0
REPEATS = 3
WARM_UP = 100  # cells
PAPER_EPOCHS = 500


def inputs(n_cells: int) -> dict[str, Tensor]:
    """View embeddings, a cell graph, expression and a gene graph of random cells."""
    generator = torch.Generator().manual_seed(0)
    rows = torch.arange(n_cells).repeat_interleave(NEIGHBORS)
    columns = torch.randint(n_cells, (len(rows),), generator=generator)
    edges = torch.stack([rows, columns])[:, rows != columns]
    edges = torch.unique(torch.cat([edges, edges.flip(0)], dim=1), dim=1)
    nnz = int(n_cells * GENES * DENSITY)
    expressed = torch.unique(
        torch.stack(
            [torch.randint(size, (nnz,), generator=generator) for size in (n_cells, GENES)],
        ),
        dim=1,
    )
    genes = torch.randint(GENES, (2, 5 * GENES), generator=generator)
    genes = genes[:, genes[0] != genes[1]]
    return {
        "u1": normalize(torch.randn(n_cells, WIDTH, generator=generator), dim=1),
        "u2": normalize(torch.randn(n_cells, WIDTH, generator=generator), dim=1),
        "edges": edges,
        "expressed": expressed,
        "genes": torch.unique(torch.cat([genes, genes.flip(0)], dim=1), dim=1),
    }


def hetero(data: dict[str, Tensor]) -> HeteroData:
    """The graph that the linear form reads."""
    graph = HeteroData()
    graph["cell"].num_nodes, graph["gene"].num_nodes = len(data["u1"]), GENES
    for edge_type, index, undirected in (
        (("cell", "linked_to", "cell"), data["edges"], True),
        (("gene", "coexpressed_with", "gene"), data["genes"], True),
        (("cell", "expresses", "gene"), data["expressed"], False),
        (("gene", "rev_expresses", "cell"), data["expressed"].flip(0), False),
    ):
        sizes = tuple(int(graph[node].num_nodes) for node in (edge_type[0], edge_type[2]))
        edges = EdgeIndex(index.contiguous(), sparse_size=sizes, is_undirected=undirected)
        graph[edge_type].edge_index = edges.sort_by("col").values
    graph["cell"].x = expression(data)
    return graph


def expression(data: dict[str, Tensor]) -> Tensor:
    """What the gene encoder reads, dense (N, G)."""
    x = torch.zeros(len(data["u1"]), GENES)
    x[data["expressed"][0], data["expressed"][1]] = 1
    return x


def linear(data: dict[str, Tensor]):
    """One step in the exact linear form."""
    graph = hetero(data)
    edges = graph["cell", "linked_to", "cell"].edge_index
    refinement = weights(graph)
    losses = (DistributionAlignment(TEMPERATURE), NeighborhoodAlignment(TEMPERATURE), ViewConsistency())

    def step(u1: Tensor, u2: Tensor) -> Tensor:
        z1, z2, _ = refinement.pair(u1, u2, graph)
        return losses[0](u1, u2, edges) + losses[1](u1, u2, edges) + losses[2](z1, z2, edges)

    return step, refinement


def dense(data: dict[str, Tensor]):
    """One step as the paper defines it: D, S and A are (N, N), the gene layer's output is (N, G)."""
    n_cells = len(data["u1"])
    closed = torch.eye(n_cells)
    closed[data["edges"][0], data["edges"][1]] = 1
    degree = closed.sum(dim=1)
    x = expression(data)
    genes = torch.eye(GENES)
    genes[data["genes"][0], data["genes"][1]] = 1
    scale = genes.sum(dim=1).rsqrt()
    genes = scale[:, None] * genes * scale
    refinement = weights(hetero(data))

    def scores(u: Tensor) -> Tensor:
        return linear_map(u, refinement.project.weight, refinement.project.bias)

    def refined(u: Tensor) -> Tensor:
        gene_embedding = torch.relu(genes @ (x.T @ refinement.gene.weight.T) + refinement.gene.bias)  # (G, K)
        return normalize(scores(u) @ gene_embedding, dim=1)  # through (N, G)

    def divergence(a: Tensor, b: Tensor) -> Tensor:
        p, q = torch.log_softmax(a, dim=1), torch.log_softmax(b, dim=1)
        return ((p.exp() - q.exp()) * (p - q)).sum(dim=1)

    def step(u1: Tensor, u2: Tensor) -> Tensor:
        whole = divergence(u1.reshape(1, -1), u2.reshape(1, -1)).sum()
        distribution = whole + 0.5 * divergence(u1, u2).mean()
        log_p, log_q = torch.log_softmax(u1, dim=1), torch.log_softmax(u2, dim=1)
        p, q = log_p.exp(), log_q.exp()
        pairs = (p * log_p).sum(1)[:, None] + (q * log_q).sum(1) - p @ log_q.T - log_p @ q.T  # (N, N)
        near = (pairs * closed).sum(1) / degree
        far = (pairs.sum(1) - pairs.diagonal()) / (n_cells - 1)
        similarity = refined(u1) @ refined(u2).T  # (N, N)
        return distribution + (near / far).mean() + (similarity - closed).square().mean()

    return step, refinement


FORMS = {"dense": dense, "linear": linear}


def weights(graph: HeteroData) -> PaperRefinement:
    """The same weights for both forms."""
    torch.manual_seed(0)
    n_cells = int(graph["cell"].num_nodes)
    return PaperRefinement(WIDTH, CLUSTERS, n_cells=n_cells, n_genes=GENES, dropout=0.0)


def measure(form: str, n_cells: int) -> dict[str, float]:
    """Seconds and GB of one step, with the loss and the norm of its gradient, in this process."""
    warm = inputs(WARM_UP)  # loads what the libraries load once
    FORMS[form](warm)[0](warm["u1"], warm["u2"].requires_grad_()).backward()
    data = inputs(n_cells)
    step, _ = FORMS[form](data)
    u = [data[name].requires_grad_() for name in ("u1", "u2")]
    before = resident(reset=True)
    seconds = []
    for _ in range(REPEATS):
        u[0].grad = u[1].grad = None
        start = time.perf_counter()
        loss = step(*u)
        loss.backward()
        seconds.append(time.perf_counter() - start)
    peak = resident()
    gradient = float(torch.cat([u[0].grad, u[1].grad]).norm())
    return {
        "seconds": statistics.median(seconds),
        "GB": peak - before,
        "loss": float(loss.detach()),
        "gradient": gradient,
    }


def resident(reset: bool = False) -> float:
    """Peak of resident memory in GB, since the last reset."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1e6


def in_own_process(form: str, n_cells: int) -> dict[str, float]:
    """:func:`measure` where nothing ran before."""
    command = [sys.executable, __file__, "--one", form, str(n_cells)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def default_fit(path: Path) -> tuple[float, int, int]:
    """Seconds and epochs of ``ScRCL().fit``, the whole default training, on a file, and its cells."""
    import anndata

    import scrcl_geo as sg

    adata = anndata.read_h5ad(path)
    sg.pp.graph(adata)
    start = time.perf_counter()
    model = sg.ScRCL().fit(adata, progress=False)
    return time.perf_counter() - start, len(model.log_.losses), adata.n_obs


def main() -> None:
    """Measure and write a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", type=int, nargs="*", default=[1000, 2000, 5000, 10_000])
    parser.add_argument("--fit", type=Path, help="also the default training on this file")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/vs_dense.md"))
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one[0], int(arguments.one[1]))))
        return
    lines = [
        "# N × N matrices against the exact linear form",
        "",
        f"Losses and refinement, forward and backward, width {WIDTH}, {GENES} genes at {DENSITY:.0%} "
        f"density, {NEIGHBORS} neighbours. {platform.machine()}, {torch.get_num_threads()} thread(s), "
        f"torch {torch.__version__}.",
        "",
        "| cells | s dense | s linear | times faster | GB dense | GB linear | times less |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for n_cells in arguments.sizes:
        a, b = (in_own_process(form, n_cells) for form in FORMS)
        for name in ("loss", "gradient"):
            assert abs(a[name] - b[name]) <= 1e-3 * abs(a[name]), (name, a, b)
        lines.append(
            f"| {n_cells:,} | {a['seconds']:.2f} | {b['seconds']:.2f} | {a['seconds'] / b['seconds']:.1f} "
            f"| {a['GB']:.2f} | {b['GB']:.2f} | {a['GB'] / b['GB']:.1f} |"
        )
        print(lines[-1], flush=True)
        arguments.output.write_text("\n".join(lines) + "\n")
    if arguments.fit:
        ours, n_epochs, n_cells = default_fit(arguments.fit)
        paper = in_own_process("dense", n_cells)["seconds"] * PAPER_EPOCHS
        form = paper / PAPER_EPOCHS / in_own_process("linear", n_cells)["seconds"]
        epochs = PAPER_EPOCHS / n_epochs
        lines += [
            "",
            f"{arguments.fit.stem}, {n_cells:,} cells: the whole default training takes {ours:.1f} s. "
            f"The losses and the refinement of the paper's setting alone, dense at width {WIDTH} for "
            f"{PAPER_EPOCHS} epochs and extrapolated from {REPEATS} steps, would take {paper:,.0f} s. "
            f"That is {paper / ours:,.0f} times as long, of which {form:.1f} are the exact linear form, "
            f"{epochs:.1f} are fewer epochs ({n_epochs} instead of {PAPER_EPOCHS}), and "
            f"{paper / ours / form / epochs:.1f} are another network: narrower, on components, another loss. "
            "Only the first is like for like; docs/paper.md compares whole steps with the published code.",
        ]
        print(lines[-1])
        arguments.output.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
