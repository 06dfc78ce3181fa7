"""Draw the README's overview of the method from planted tissue: ``python docs/make_overview.py``."""

from __future__ import annotations

import warnings
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
warnings.filterwarnings("ignore")  # deprecations inside plotting libraries

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.patches import FancyBboxPatch  # noqa: E402

import scrcl_geo as sg  # noqa: E402
from scrcl_geo import _pipeline  # noqa: E402

OUTPUT = Path(__file__).parent / "images" / "overview.png"
NEAR, SIMILAR, EXPRESSES, COEXPRESSED = "#4c78a8", "#b9b9b9", "#e39c37", "#6a9f58"
CELL, GENE, HIDDEN = "#dbe7f3", "#f6e3c5", "#ffffff"
N_CELLS, N_GENES = 14, 5


def main() -> None:
    """Three panels: the graph, the network, what is found."""
    figure = plt.figure(figsize=(13, 4), layout="constrained")
    graph, network, found, genes = figure.subplots(1, 4, width_ratios=[1.25, 1.45, 0.9, 0.75])
    draw_graph(graph)
    draw_network(network)
    draw_result(found, genes)
    figure.savefig(OUTPUT, dpi=110)


def draw_graph(axes: Axes) -> None:
    """Cells and genes with the edges among them."""
    rng = np.random.default_rng(4)
    grid = np.array([(x + 0.5 * (y % 2), y) for y in range(4) for x in range(4)], float)[:N_CELLS]
    cells = grid + rng.uniform(-0.12, 0.12, grid.shape)
    genes = np.array([(5.9, 3.4 - 0.85 * g) for g in range(N_GENES)])
    distance = np.linalg.norm(cells[:, None] - cells[None], axis=-1)
    for i, j in zip(*np.nonzero(np.triu((distance > 0) & (distance < 1.25))), strict=True):
        axes.plot(*cells[[i, j]].T, color=NEAR, lw=1.6, zorder=1)
    for i, j in ((0, 10), (3, 9), (5, 12), (1, 7)):
        axes.plot(*cells[[i, j]].T, color=SIMILAR, lw=1.2, ls="--", zorder=0)
    for cell, gene in ((3, 3), (7, 2), (11, 1), (13, 0), (2, 4), (6, 2), (10, 1)):
        axes.plot(*np.array([cells[cell], genes[gene]]).T, color=EXPRESSES, lw=0.9, alpha=0.8, zorder=0)
    for gene in range(N_GENES - 1):
        bend = "arc3,rad=-0.5" if gene % 2 else "arc3,rad=-0.4"
        style = {"arrowstyle": "-", "color": COEXPRESSED, "lw": 1.6, "connectionstyle": bend}
        axes.annotate("", genes[gene], genes[gene + 1], arrowprops=style)
    axes.scatter(*cells.T, s=170, color=CELL, edgecolor=NEAR, zorder=2)
    axes.scatter(*genes.T, s=150, marker="s", color=GENE, edgecolor=EXPRESSES, zorder=2)
    for y, (name, color, style) in enumerate(
        [
            ("near", NEAR, "-"),
            ("similar_to", SIMILAR, "--"),
            ("expresses", EXPRESSES, "-"),
            ("coexpressed_with", COEXPRESSED, "-"),
        ]
    ):
        x = (y % 2) * 3.1
        height = -1.05 - 0.55 * (y // 2)
        axes.plot([x, x + 0.6], [height, height], color=color, ls=style, lw=1.8)
        axes.text(x + 0.75, height, name, va="center", fontsize=9)
    axes.text(1.7, 3.85, "cells", ha="center", fontsize=10)
    axes.text(5.9, 3.85, "genes", ha="center", fontsize=10)
    finish(axes, "one graph of cells and genes", (-0.5, 7), (-2, 4.2))


def draw_network(axes: Axes) -> None:
    """Two views, the refinement that both share, and what hidden cells express."""
    box(axes, (0.0, 2.5), 2.5, 0.9, "the cell itself", CELL, NEAR)
    box(axes, (0.0, 0.9), 2.5, 0.9, "its surroundings,\nwithout it", CELL, NEAR)
    box(axes, (3.4, 1.55), 2.5, 1.2, "refinement:\ncell → gene →\ngene → cell", GENE, EXPRESSES)
    box(axes, (6.7, 2.5), 2.5, 0.9, "embedding", CELL, NEAR)
    box(axes, (6.7, 0.9), 2.5, 0.9, "what hidden cells\nexpress", HIDDEN, EXPRESSES)
    for start, end in (
        ((2.5, 2.95), (3.4, 2.4)),
        ((2.5, 1.35), (3.4, 1.9)),
        ((5.9, 2.4), (6.7, 2.95)),
        ((5.9, 1.9), (6.7, 1.35)),
    ):
        axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": "#444444"})
    axes.text(7.95, 0.6, "the objective:\nboth views must predict it", ha="center", va="top", fontsize=9)
    axes.text(7.95, 3.6, "the mean of both views", ha="center", va="bottom", fontsize=9)
    finish(axes, "two views, refined through genes", (-0.2, 9.4), (-0.7, 4.3))


def draw_result(tissue: Axes, genes: Axes) -> None:
    """Domains of a planted tissue and the genes that make them."""
    adata = sg.datasets.toy(n_slides=1, n_cells=900)
    _pipeline.run(adata, _pipeline.Job(5, progress=False))
    colors = dict(zip(adata.obs["scrcl"].cat.categories, adata.uns["scrcl_colors"], strict=True))
    tissue.scatter(*adata.obsm["spatial"].T, s=9, c=adata.obs["scrcl"].map(colors).to_list())
    tissue.set_aspect("equal", adjustable="datalim")
    finish(tissue, "domains, without labels")
    table = adata.uns["scrcl_associations"].groupby("group", sort=True, observed=True).head(3)
    for row, (group, name, score) in enumerate(table[["group", "names", "scores"]].itertuples(index=False)):
        genes.barh(-row, score, color=colors[str(group)])
        genes.text(0, -row, f" {name}", va="center", fontsize=7)
    finish(genes, "the genes that make them")


def box(
    axes: Axes, corner: tuple[float, float], width: float, height: float, text: str, face: str, edge: str
) -> None:
    """A rounded box with a text in its middle."""
    style = "round,pad=0.02,rounding_size=0.12"
    axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle=style, facecolor=face, edgecolor=edge))
    axes.text(corner[0] + width / 2, corner[1] + height / 2, text, ha="center", va="center", fontsize=8.5)


def finish(
    axes: Axes,
    title: str,
    x: tuple[float, float] | None = None,
    y: tuple[float, float] | None = None,
) -> None:
    """A panel without axes."""
    axes.set_title(title, fontsize=11)
    axes.axis("off")
    if x is not None and y is not None:
        axes.set_xlim(*x)
        axes.set_ylim(*y)


if __name__ == "__main__":
    main()
