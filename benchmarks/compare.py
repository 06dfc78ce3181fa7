"""Does `tl.compare` keep its level, and does it find a domain that doubled? Planted samples, then whole runs.

python benchmarks/compare.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
from scipy.stats import beta, false_discovery_control, ttest_ind

import scrcl_geo as sg

HERE = Path(__file__).parent
N_CELLS = 1500
NULLS = {
    "4 + 4, 5 domains": {},
    "4 + 4, 3 domains": {"n_domains": 3},
    "4 + 4, 12 domains": {"n_domains": 12},
    "4 + 4, domains of very unequal size": {"sizes": 0.6 ** np.arange(5)},
    "4 + 4, 100 cells a sample": {"n_cells": 100},
    "4 + 4, one condition twice as variable": {"ratio": 2.0},
    "6 + 6, 5 domains": {"n_samples": 6},
    "4 + 8, 5 domains": {"n_other": 8},
}
PLANTED = {
    f"{n} + {n}, shares vary by {spread:.0%}": {"n_samples": n, "spread": spread, "fold": 2.0}
    for spread in (0.1, 0.15, 0.2)
    for n in (4, 5)
}


def samples(
    seed,
    *,
    n_samples=4,
    n_other=None,
    n_domains=5,
    sizes=None,
    n_cells=N_CELLS,
    spread=0.2,
    ratio=1.0,
    fold=1.0,
):
    """Cells of samples whose domains vary log-normally in size; the first one is ``fold`` times as large."""
    rng = np.random.default_rng(seed)
    sizes = np.ones(n_domains) if sizes is None else np.asarray(sizes)
    n = n_samples, n_other or n_samples
    drawn = []
    for s in range(sum(n)):
        treated = s >= n[0]
        own = sizes * np.exp(rng.normal(0, spread * (ratio if treated else 1.0), len(sizes)))
        own[0] *= fold if treated else 1.0
        drawn.append(rng.multinomial(rng.poisson(n_cells), own / own.sum()))
    sample, domain = (index.ravel() for index in np.indices((sum(n), len(sizes))))
    counts = np.ravel(drawn)
    codes = np.repeat(sample, counts)
    obs = pd.DataFrame(
        {
            "domain": pd.Categorical.from_codes(
                np.repeat(domain, counts), [f"d{d}" for d in range(len(sizes))]
            ),
            "sample": pd.Categorical.from_codes(codes, [f"s{s}" for s in range(sum(n))]),
            "condition": pd.Categorical.from_codes((codes >= n[0]).astype(int), ["control", "treated"]),
        },
        index=np.arange(len(codes)).astype(str),
    )
    return anndata.AnnData(obs=obs)


def called(adata):
    """Domains that differ at .05."""
    table = sg.tl.compare(adata, "condition", "sample", groupby="domain", reference="control")
    return set(table.loc[table["pvals_adj"] < 0.05, "group"])


def called_by_cells(adata):
    """What counting cells as replicates would call: never do this."""
    treated = (adata.obs["condition"] == "treated").to_numpy()
    domains = adata.obs["domain"].cat.categories
    p = [
        ttest_ind(*((adata.obs["domain"] == d).to_numpy()[at] for at in (treated, ~treated)), equal_var=False)
        for d in domains
    ]
    return set(domains[false_discovery_control([one.pvalue for one in p]) < 0.05])


def interval(k, n):
    """Exact 95 % interval of a share."""
    low = beta.ppf(0.025, k, n - k + 1) if k else 0.0
    high = beta.ppf(0.975, k + 1, n - k) if k < n else 1.0
    return f"{low:.1%} to {high:.1%}"


def whole_run(seed, *, fold):
    """Eight toy slides, run; on the control slides a domain keeps 1 / fold of its depth."""
    adata = sg.datasets.toy(n_slides=8, n_cells=400, n_genes=150, overlap=True, seed=seed)
    slides = list(adata.obs["slide"].cat.categories)
    treated = adata.obs["slide"].isin(slides[4:]).to_numpy()
    adata.obs["condition"] = np.where(treated, "treated", "control")
    place = adata.obsm["spatial"][:, 0]
    kept = np.ones(adata.n_obs, bool)
    for slide in slides[:4]:
        own = ((adata.obs["slide"] == slide) & (adata.obs["domain"] == "layer_3")).to_numpy()
        kept[own] = place[own] <= np.quantile(place[own], 1 / fold)
    adata = adata[kept].copy()
    sg.pp.graph(adata, batch_key="slide")
    sg.tl.embed(adata, seed=seed, progress=False)
    sg.tl.cluster(adata, 5, seed=seed)
    table = sg.tl.compare(adata, "condition", "slide", reference="control")
    largest = pd.crosstab(adata.obs["scrcl"], adata.obs["domain"])["layer_3"].idxmax()
    truth = sg.tl.compare(
        adata, "condition", "slide", groupby="domain", reference="control", key_added="truth"
    )
    return (
        largest in set(table.loc[table["pvals_adj"] < 0.05, "group"]),
        int((table["pvals_adj"] < 0.05).sum()),
        2 ** table.set_index("group").loc[largest, "log2_change"],
        "layer_3" in set(truth.loc[truth["pvals_adj"] < 0.05, "group"]),
    )


def main():
    """Repeat all and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--output", type=Path, default=HERE / "results" / "compare.md")
    arguments = parser.parse_args()
    n = arguments.repetitions
    lines = [
        "# Conditions compared on samples",
        "",
        f"scrcl_geo {sg.__version__}, `tl.compare`, `python benchmarks/compare.py --runs {arguments.runs}`:",
        f"{n} repetitions a row,",
        f"{N_CELLS:,} cells a sample where nothing else is said; the size of each domain varies between",
        "samples log-normally, by 20 % where nothing else is said.",
        "",
        "## Nothing planted: repetitions in which any domain is called at .05",
        "",
        "| samples | called | share | 95 % interval | counting cells as replicates |",
        "|---|---|---|---|---|",
    ]
    for name, how in NULLS.items():
        drawn = [samples(seed, **how) for seed in range(n)]
        k = sum(bool(called(one)) for one in drawn)
        wrong = sum(bool(called_by_cells(one)) for one in drawn[: n // 4])
        lines.append(f"| {name} | {k} of {n} | {k / n:.1%} | {interval(k, n)} | {wrong / (n // 4):.0%} |")
        print(lines[-1], flush=True)
    lines += [
        "",
        "## One domain of five doubled: found at .05, and repetitions in which another is called too",
        "",
        "| samples | found | another called |",
        "|---|---|---|",
    ]
    for name, how in PLANTED.items():
        found = [called(samples(10_000 + seed, **how)) for seed in range(n)]
        k, others = sum("d0" in one for one in found), sum(bool(one - {"d0"}) for one in found)
        lines.append(f"| {name} | {k / n:.0%} | {others / n:.1%} |")
        print(lines[-1], flush=True)
    if arguments.runs:
        lines += [
            "",
            "## Whole runs: eight toy slides, five domains found without labels",
            "",
            "In the doubled runs the third layer of the control slides keeps half of its depth. Toy layers",
            "vary by about 22 % from slide to slide.",
            "",
            "| planted | seed | found in clusters | clusters called | change | found in true domains |",
            "|---|---|---|---|---|---|",
        ]
        for fold, what in ((2.0, "doubled"), (1.0, "nothing")):
            for seed in range(arguments.runs):
                hit, number, change, truth = whole_run(seed, fold=fold)
                words = ("yes" if hit else "no"), ("yes" if truth else "no")
                lines.append(f"| {what} | {seed} | {words[0]} | {number} | {change:.2f} × | {words[1]} |")
                print(lines[-1], flush=True)
    arguments.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
