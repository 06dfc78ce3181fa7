"""Are the p-values of associations valid? Clusters of cells drawn at random, on real sets.

    python benchmarks/null.py --data ../shared/data

Random labels are unrelated to any gene: 5 % of the p-values should lie below .05, and a gene should pass a
false discovery rate of 5 % in at most 5 % of the draws.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import anndata
import numpy as np
from scipy import stats

import scrcl_geo as sg
from scrcl_geo._associations.rank_sums import rank_sums
from scrcl_geo._features.expression import used_expression

SETS = ["Zeisel_subset1464", "10X_PBMC_top2000", "Baron_mouse2", "STARmap_mPFC_BZ5", "DLPFC_151673"]
SIZES = [3, 30, 300]
HERE = Path(__file__).parent


def main():
    """Draw labels, test all genes in use, write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SCRCL_GEO_DATA", "../shared/data"))
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--draws", type=int, default=50)
    parser.add_argument("--output", type=Path, default=HERE / "results" / "null.md")
    arguments = parser.parse_args()
    rows = []
    for name in arguments.sets:
        adata = anndata.read_h5ad(Path(arguments.data) / f"{name}.h5ad")
        adata.obs = adata.obs[[]]
        sg.pp.select_genes(adata)
        expression = used_expression(adata)
        rows += [row(name, expression, size, arguments.draws) for size in SIZES]
    arguments.output.write_text(table(rows, arguments.draws), encoding="utf-8")
    print(table(rows, arguments.draws))


def row(name, expression, size, n_draws):
    """Shares of small p-values over clusters of ``size`` random cells."""
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(n_draws):
        labels = np.zeros(expression.shape[0], int)
        labels[rng.permutation(len(labels))[:size]] = 1
        drawn.append(rank_sums(expression, labels, 2).pvalue[:, 1])
    passed = sum((stats.false_discovery_control(p) < 0.05).any() for p in drawn)
    below = [f"{(np.array(drawn) < level).mean():.4f}" for level in (0.05, 0.01, 0.001)]
    return [name, f"{expression.shape[1]:,}", size, *below, f"{passed} of {n_draws}"]


def table(rows, n_draws):
    """The results as a page of Markdown."""
    head = [
        "# P-values of associations under random labels",
        "",
        f"scrcl_geo {sg.__version__}. Clusters of cells drawn at random, {n_draws} draws each: shares of"
        " genes with p below .05, .01 and .001, and draws in which any gene passes a false discovery rate"
        " of 5 %.",
        "",
        "| set | genes | cells in the cluster | p < .05 | p < .01 | p < .001 | draws with a discovery |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *("| " + " | ".join(map(str, row)) + " |" for row in rows)]) + "\n"


if __name__ == "__main__":
    main()
