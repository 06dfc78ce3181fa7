"""Does a result hang on how a file is sorted? Every labelled set with its rows permuted.

    python benchmarks/row_order.py --data ../shared/data --orders 10 --runs 2

What a run reads is compared in all orders, bit by bit; some orders are run to their end, with the number of
clusters estimated. Labels are taken out before.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from pathlib import Path

import anndata
import numpy as np

import scrcl_geo as sg
from scrcl_geo import _pipeline, metrics
from scrcl_geo._pipeline.row_order import in_own_order

HERE = Path(__file__).parent


def main():
    """Compare all sets and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SCRCL_GEO_DATA", "../shared/data"))
    parser.add_argument("--sets", nargs="+", help="names; all by default")
    parser.add_argument("--orders", type=int, default=10)
    parser.add_argument("--runs", type=int, default=2, help="orders that are run to their end")
    parser.add_argument("--up-to", type=int, default=1500, help="cells of the sets that are run")
    parser.add_argument("--output", type=Path, default=HERE / "results" / "row_order.md")
    arguments = parser.parse_args()
    rows = []
    for path in sorted(Path(arguments.data).glob("*.h5ad")):
        if arguments.sets and path.stem not in arguments.sets:
            continue
        adata = anndata.read_h5ad(path)
        adata.obs = adata.obs[[]]
        rows.append((path.stem, *compared(adata, arguments.orders, runs_of(adata, arguments))))
        print(*rows[-1], flush=True)
    settings = f"--orders {arguments.orders} --runs {arguments.runs} --up-to {arguments.up_to}"
    command = f"python benchmarks/row_order.py {settings}"
    text = [
        "# Permuted rows",
        "",
        f"scrcl_geo {sg.__version__}, `{command}`. Orders in which a run reads the",
        "same bits, clusters found in those run to their end, and the least agreement (ARI) with the first.",
        "",
        "| set | read alike | numbers of clusters | ARI |",
        "|---|---|---|---|",
        *(
            f"| {name} | {alike} of {arguments.orders} | {found} | {ari} |"
            for name, alike, found, ari in rows
        ),
    ]
    arguments.output.write_text("\n".join(text) + "\n", encoding="utf-8")


def runs_of(adata, arguments):
    """Orders of a set that are run to their end."""
    return arguments.runs if adata.n_obs <= arguments.up_to else 0


def compared(adata, n_orders, n_runs):
    """Orders that are read like the first, the numbers of clusters, and the least ARI with the first."""
    orders = [np.arange(adata.n_obs)]
    orders += [np.random.default_rng(seed).permutation(adata.n_obs) for seed in range(1, n_orders)]
    read, numbers, labels = [], [], []
    for count, order in enumerate(orders):
        moved = adata[order].copy()
        with in_own_order(moved) as work:
            read.append(digest(work))
        if count < n_runs:
            moved = adata[order].copy()
            _pipeline.run(moved, _pipeline.Job(progress=False))
            numbers.append(moved.obs["scrcl"].nunique())
            labels.append(np.asarray(moved.obs["scrcl"])[order.argsort()])
    agreement = [metrics.ari(labels[0], other) for other in labels]
    least = f"{min(agreement):.3f}" if agreement else ""
    return read.count(read[0]), ", ".join(map(str, numbers)), least


def digest(work):
    """Of the values and coordinates that a run reads."""
    found = hashlib.blake2b()
    for part in (work.X.toarray() if hasattr(work.X, "toarray") else work.X, work.obsm.get("spatial")):
        if part is not None:
            found.update(np.ascontiguousarray(part).data)
    return found.hexdigest()


if __name__ == "__main__":
    main()
