"""What the network adds: none, noise, untrained, trained; before and after refinement; parts off.

    python benchmarks/ablation.py --data ../shared/data --seeds 0 1 2
    python benchmarks/ablation.py --suites unseen_spatial unseen_cells --output unseen_ablation.csv
    python benchmarks/ablation.py --table benchmarks/runs/ablation.csv

One row per set, seed, network, embedding and clusterer; K given. ``default`` is the whole of what
``scrcl-geo run`` clusters, with that network in it. Labels are read by the scorer alone.
Rows that are in the output are not run again.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
import tomllib
import warnings
from pathlib import Path

HERE = Path(__file__).parent
COLUMNS = [
    "set",
    "family",
    "kind",
    "seed",
    "network",
    "embedding",
    "clusterer",
    "ARI",
    "cosine",
    "rank",
    "seconds",
]
# networks with something switched off, beside those of `networks`
VARIANTS = (
    "no similar_to",
    "no near",
    "no coexpressed_with",
    "no messages",
    "cells as they come",
    "a fifth hidden",
    "two networks",
)

PAIRED = (("default", "auto"), ("joint", "gmm"), ("joint", "kmeans"), ("z", "gmm"), ("z", "kmeans"))


def main():
    """Run what is missing, or write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SCRCL_GEO_DATA", "../shared/data"))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--suites", nargs="+", default=["spatial", "cells"])
    parser.add_argument("--sets", nargs="+")
    parser.add_argument("--variants", action="store_true", help="also networks with parts switched off")
    parser.add_argument("--output", type=Path, default=HERE / "runs" / "ablation.csv")
    parser.add_argument("--table", type=Path, help="rows to turn into a table in benchmarks/results")
    arguments = parser.parse_args()
    if arguments.table:
        result = HERE / "results" / f"{arguments.table.stem}.md"
        result.write_text(table(arguments.table), encoding="utf-8")
        return
    warnings.filterwarnings("ignore")
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    done = read_done(arguments.output)
    for seed in arguments.seeds:
        for kind in arguments.suites:
            suite = tomllib.loads((HERE / "suites" / f"{kind}.toml").read_text())
            family = {name: f for f, names in suite["family"].items() for name in names}
            for name in arguments.sets or family:
                if name in family:
                    one_set(arguments, kind, suite["label"], name, family[name], seed, done)


def one_set(arguments, kind, label, name, family, seed, done):
    """All networks on one set with one seed."""
    import anndata

    import scrcl_geo as sg

    names = ["none", "noise", "untrained", "trained", *(VARIANTS if arguments.variants else ())]
    missing = [network for network in names if (name, str(seed), network) not in done]
    if not missing:
        return
    adata = anndata.read_h5ad(Path(arguments.data) / f"{name}.h5ad")
    truth = adata.obs[label].copy()
    adata.obs = adata.obs[[]]
    sg.pp.graph(adata, seed=seed)
    for network in missing:
        start = time.perf_counter()
        found, measures = embeddings(adata, network, seed)
        if found is None:
            continue
        measures["seconds"] = round(time.perf_counter() - start, 1)
        rows = []
        for embedding, x in found.items():
            for clusterer in ("kmeans", "gmm"):
                labels = getattr(sg.cluster, clusterer)(x, truth.nunique(), seed=seed)
                rows.append((embedding, clusterer, sg.metrics.ari(truth, labels)))
        sg.tl.cluster(adata, truth.nunique(), seed=seed)
        rows.append(("default", "auto", sg.metrics.ari(truth, adata.obs["scrcl"])))
        shared = {"set": name, "family": family, "kind": kind, "seed": seed, "network": network, **measures}
        for embedding, clusterer, ari in rows:
            append(
                arguments.output,
                shared | {"embedding": embedding, "clusterer": clusterer, "ARI": round(float(ari), 4)},
            )
        print(name, seed, network, f"{rows[-1][2]:.3f}", flush=True)


def embeddings(adata, network, seed):
    """Embeddings by name and measures of a network, which is left in ``adata`` as ``tl.embed`` leaves one."""
    import numpy as np

    from scrcl_geo._features.parts import effective_rank

    in_space = "scrcl_spatial_connectivities" in adata.obsp
    adata.obsm.pop("X_scrcl_refined", None)
    adata.uns["scrcl"] = {}
    if network == "none":
        adata.obsm["X_scrcl"] = averaged(adata, adata.obsm["X_scrcl_pca"], views=False)
        return {"input": adata.obsm["X_scrcl"]}, {}
    if network == "noise":
        noise = np.random.default_rng(seed).normal(size=(adata.n_obs, 32)).astype(np.float32)
        adata.obsm["X_scrcl"] = averaged(adata, noise)
        return {"joint": adata.obsm["X_scrcl"]}, {}
    # what is not there cannot be switched off: space, or even draws in tissue
    if network in (("cells as they come",) if in_space else ("no near", "no similar_to")):
        return None, {}
    model = model_of(network)
    model.fit(adata, max_epochs=1 if network == "untrained" else None, seed=seed, progress=False)
    views = model.views(adata)
    z1, z2 = views.z1.numpy(), views.z2.numpy()
    norms = np.linalg.norm(z1, axis=1) * np.linalg.norm(z2, axis=1)
    u, z = views.side_by_side("u").numpy(), views.side_by_side("z").numpy()
    measures = {
        "cosine": round(float(((z1 * z2).sum(axis=1) / np.maximum(norms, 1e-12)).mean()), 3),
        "rank": round(effective_rank(u), 2),
    }
    found = {"u": u, "z": z, "joint": views.joint.numpy()}
    raw = {"joint, not averaged": found["joint"]} if in_space else {}
    smoothed = {name: averaged(adata, x) for name, x in found.items()}
    adata.obsm["X_scrcl_refined"], adata.obsm["X_scrcl"] = z, smoothed["joint"]
    adata.uns["scrcl"]["n_hops"] = hops(adata, views=True)
    return raw | smoothed, measures


def averaged(adata, x, *, views=True):
    """In tissue, over the hops that the default takes."""
    from scrcl_geo._neighbors.smoothing import smooth

    n_hops = hops(adata, views=views)
    return smooth(x, adata.obsp["scrcl_spatial_connectivities"], n_hops) if n_hops else x


def hops(adata, *, views):
    """Hops over which the default averages; none without space."""
    from scrcl_geo._neighbors.reach import averaged_hops

    if "scrcl_spatial_connectivities" not in adata.obsp:
        return 0
    return averaged_hops(adata.uns["scrcl_reach"]["reach"], views=views)


SWITCHED = {
    "untrained": {"learning_rate": 1e-12},
    "trained": {},
    "a fifth hidden": {"mask_rate": 0.2},
    "two networks": {"n_networks": 2},
}


def model_of(network):
    """The default model with something switched off."""
    import torch

    import scrcl_geo as sg
    from scrcl_geo.graph import DEFAULT_EDGES
    from scrcl_geo.model._gene_start import gene_start

    if network in SWITCHED:
        return sg.ScRCL(**SWITCHED[network])
    if network == "no messages":

        class Alone(torch.nn.Module):
            """Refinement without messages: a linear map of the view; genes start as the default's."""

            def __init__(self):
                super().__init__()
                self.itself = torch.nn.LazyLinear(32, bias=False)
                self.genes = torch.nn.UninitializedParameter()

            def forward(self, h, data):
                if isinstance(self.genes, torch.nn.UninitializedParameter):
                    self.genes.materialize((int(data["gene"].num_nodes), 32))
                    start = gene_start(data, 32, seed=0)
                    with torch.no_grad():
                        self.genes.normal_() if start is None else self.genes.copy_(start)
                        self.genes.mul_(0.05)
                z = self.itself(h)
                in_space = ("cell", "near", "cell") in data.edge_types
                return torch.nn.functional.normalize(z, dim=1) if in_space else z, self.genes

        return sg.ScRCL(refinement=Alone())
    if network == "cells as they come":
        model = sg.ScRCL()
        for_training = model._for_training

        def without_even(*args, **kwargs):
            data, reading = for_training(*args, **kwargs)
            del data["cell"].even
            return data, reading

        model._for_training = without_even
        return model
    off = network.removeprefix("no ")
    return sg.ScRCL(edges=[edge for edge in DEFAULT_EDGES if edge.edge_type[1] != off])


def read_done(output):
    """Set, seed and network of the rows that are there."""
    if not output.exists():
        return set()
    with output.open() as file:
        return {(r["set"], r["seed"], r["network"]) for r in csv.DictReader(file)}


def append(output, row):
    """Add one row; the header comes with the first."""
    new = not output.exists()
    with output.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if new:
            writer.writeheader()
        writer.writerow(row)


def table(path):
    """Means over sets of the medians over seeds, by family, and paired tests, as Markdown."""
    import pandas as pd
    from scipy.stats import wilcoxon

    rows = pd.read_csv(path)
    lines = ["# What the network adds", "", "K given; medians over seeds."]
    for kind, part in rows.groupby("kind"):
        keys = ["network", "embedding", "clusterer"]
        median = part.groupby([*keys, "family", "set"])["ARI"].median()
        family = median.groupby([*keys, "family"]).mean().unstack("family")
        family.insert(0, "mean", median.groupby(keys).mean())
        family.insert(0, "seeds", part.groupby(keys)["seed"].nunique())
        size = f"{part['set'].nunique()} sets"
        lines += ["", f"## {kind}, {size}", "", _markdown(family.reset_index())]
        per_set = median.groupby([*keys, "set"]).mean().unstack("set")
        lines += ["", "Paired over sets (Wilcoxon): trained less the other.", ""]
        lines += ["| embedding | clusterer | other | difference | wins | p |", "|---|---|---|---|---|---|"]
        for embedding, clusterer in PAIRED:
            for other in ("untrained", "none", *VARIANTS):
                own = embedding == "default" or other != "none"
                place = (other, embedding if own else "input", clusterer)
                if place not in per_set.index:
                    continue
                pair = (per_set.loc[("trained", embedding, clusterer)] - per_set.loc[place]).dropna()
                p = wilcoxon(pair).pvalue if (pair != 0).any() else 1.0
                wins = f"{(pair > 0).sum()} of {len(pair)}"
                lines.append(
                    f"| {embedding} | {clusterer} | {other} | {pair.mean():+.3f} | {wins} | {p:.3f} |"
                )
        views = part[part["network"].isin(["untrained", "trained"])]
        measures = views.groupby(["network", "family"])[["cosine", "rank"]].mean().unstack("network").round(2)
        measures.columns = [" ".join(column) for column in measures.columns]
        lines += ["", "Cosine of a cell's two refined views, and effective rank of the views:", ""]
        lines += [_markdown(measures.reset_index())]
    return "\n".join(lines) + "\n"


def _markdown(frame):
    head = "| " + " | ".join(map(str, frame.columns)) + " |"
    body = [
        "| " + " | ".join(f"{v:.3f}" if isinstance(v, float) else str(v) for v in row) + " |"
        for row in frame.itertuples(index=False)
    ]
    return "\n".join([head, "|" + "---|" * len(frame.columns), *body])


if __name__ == "__main__":
    main()
