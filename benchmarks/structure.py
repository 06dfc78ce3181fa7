"""Is noise told from structure? Unstructured counts of five kinds, and every labelled set.

python benchmarks/structure.py --data ../shared/data
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import anndata
import numpy as np
from scipy import sparse

import scrcl_geo as sg

KINDS = {
    "Poisson": {},
    "Poisson, depth differs": {"depth": True},
    "overdispersed": {"overdispersed": True},
    "overdispersed, depth differs": {"depth": True, "overdispersed": True},
    "few counts, depth differs": {"depth": True, "scale": 0.1},
}
HERE = Path(__file__).parent


def main():
    """Test all and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SCRCL_GEO_DATA", "../shared/data"))
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--output", type=Path, default=HERE / "results" / "structure.md")
    arguments = parser.parse_args()
    rows = []
    for name, kind in KINDS.items():
        drawn = [ratio(noise(seed, **kind)) for seed in range(arguments.draws)]
        rows.append([f"noise: {name}", *summary(drawn)])
    for path in sorted(Path(arguments.data).glob("*.h5ad")):
        rows.append([path.stem, *summary([ratio(anndata.read_h5ad(path))])])
    head = [
        "# Structure or noise",
        "",
        f"scrcl_geo {sg.__version__}, `pp.structure`. Variance along the leading direction over the largest",
        "of 9 draws in which every gene is permuted; structure is told above 1.1. Noise: 600 cells, 500",
        "genes.",
        "",
        "| set | leading over permuted | structure |",
        "|---|---|---|",
    ]
    text = "\n".join([*head, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"
    arguments.output.write_text(text, encoding="utf-8")
    print(text)


def noise(seed, *, depth=False, overdispersed=False, scale=1.0):
    """Counts in which no two genes vary together, but for the depth of a cell."""
    rng = np.random.default_rng(seed)
    rate = scale * rng.gamma(0.5, 2.0, (1, 500)) * (rng.gamma(2.0, 0.5, (600, 1)) if depth else 1.0)
    rate = np.broadcast_to(rate, (600, 500))
    if overdispersed:
        rate = rate * rng.gamma(1.0, 1.0, rate.shape)
    return anndata.AnnData(sparse.csr_matrix(rng.poisson(rate).astype(np.float32)))


def ratio(adata):
    """Leading over permuted, and whether structure is told."""
    sg.pp.select_genes(adata)
    sg.pp.structure(adata)
    found = adata.uns["scrcl_structure"]
    return found["leading"] / found["permuted"], found["found"]


def summary(drawn):
    """Range of the ratios and how often structure was told."""
    ratios = [value for value, _ in drawn]
    span = f"{min(ratios):.2f}" if len(drawn) == 1 else f"{min(ratios):.2f} to {max(ratios):.2f}"
    return span, f"{sum(found for _, found in drawn)} of {len(drawn)}"


if __name__ == "__main__":
    main()
