"""The network of 0.1 in both versions: losses, clusters, seconds and memory at equal settings.

    git worktree add ../scrcl_geo-0.1 v0.1.0   # or any checkout of release 0.1
    python benchmarks/before_after.py ../scrcl_geo-0.1 --data ../shared/data

Each run is a process of its own; the two versions take turns. Without dropout, whose masks the versions
draw in another order, all that differs is rounding.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

SETS = ["10X_PBMC_top2000", "DLPFC_151673", "CITE_CBMC_top2000"]
HERE = Path(__file__).parent


def main():
    """Run both versions on every set and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path, help="checkout of release 0.1")
    parser.add_argument("--data", default=os.environ.get("SCRCL_GEO_DATA", "../shared/data"))
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, default=HERE / "results" / "before_after.md")
    arguments = parser.parse_args()
    rows = [compare(arguments, name) for name in arguments.sets]
    arguments.output.write_text(table(rows), encoding="utf-8")
    print(table(rows))


def compare(arguments, name):
    """Both versions on one set, in turn; medians of seconds and memory."""
    from scrcl_geo.metrics import ari

    runs = {"before": [], "after": []}
    for _ in range(arguments.repeats):
        for version, root in (("before", arguments.before), ("after", HERE.parent)):
            runs[version].append(one(root, version, arguments.data, name))
    before, after = (runs[version][0] for version in ("before", "after"))
    pairs = [(a[term], b[term]) for a, b in zip(before["losses"], after["losses"], strict=True) for term in a]
    first = max(abs(a - b) / abs(a) for a, b in pairs[: len(before["losses"][0])])
    return {
        "set": name,
        "epochs": len(pairs) // len(before["losses"][0]),
        "first epoch": first,
        "all epochs": max(abs(a - b) for a, b in pairs),
        "ARI": ari(before["labels"], after["labels"]),
        **{f"{what} {v}": median(runs[v], what) for what in ("seconds", "gb") for v in runs},
    }


def median(runs, what):
    """The middle of an odd number of runs."""
    return sorted(run[what] for run in runs)[len(runs) // 2]


def one(root, version, data, name):
    """One run in its own process, with that version's package in front."""
    environment = os.environ | {"PYTHONPATH": str(Path(root).resolve()), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", RUN[version], str((Path(data) / f"{name}.h5ad").resolve())]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


START = """
import json, resource, sys, time, warnings
warnings.filterwarnings("ignore")
import anndata, torch
torch.set_num_threads(1)
import scrcl_geo as sg
adata = anndata.read_h5ad(sys.argv[1])
adata.obs = adata.obs[[]]
sg.pp.graph(adata)
"""
BEFORE = """
model = sg.ScRCL(dropout=0.0)
"""
AFTER = """
from scrcl_geo.losses import *
from scrcl_geo.nn import *
in_space = "spatial_connectivities" in adata.obsp
width = adata.obsm["X_pca"].shape[1]
torch.manual_seed(0)
model = sg.ScRCL(
    cell_encoder=MLPEncoder(width, 128),
    encoder=GCNEncoder(width, 128, dropout=0.0),
    refinement=BipartiteRefinement(128, 32, dropout=0.0),
    objective=Objective(
        Term(DistributionAlignment(0.1)),
        Term(NeighborhoodAlignment(0.1)),
        Term(ViewConsistency(per_cell=True), on="z", weight=0.02),
    ),
    n_hops=(4, 6) if in_space else (0, 1),
    max_epochs=40,
    learning_rate=3e-3,
    weight_decay=0.0,
)
"""
END = """
start = time.perf_counter()
model.fit(adata, progress=False)
embedding = model.embed(adata)
seconds = time.perf_counter() - start
print(json.dumps({
    "losses": model.log_.losses,
    "labels": sg.cluster.kmeans(embedding, 8).tolist(),
    "seconds": seconds,
    "gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
}))
"""
RUN = {"before": START + BEFORE + END, "after": START + AFTER + END}


def table(rows):
    """The results as a page of Markdown."""
    import torch
    import torch_geometric

    import scrcl_geo

    head = [
        "# The network of 0.1 before and after the one-graph design",
        "",
        f"Versions 0.1.0 and {scrcl_geo.__version__}, torch {torch.__version__}, PyG"
        f" {torch_geometric.__version__}, one thread. Losses: largest relative difference of a term in the"
        " first epoch, largest absolute one in all. ARI between the k-means clusters (8) of both embeddings."
        " Seconds of fit and embed, peak memory of the process: medians.",
        "",
        "| set | epochs | losses, first epoch | losses, all epochs | ARI | seconds before | after | ratio"
        " | GB before | after | ratio |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        costs = []
        for what, digits in (("seconds", 1), ("gb", 2)):
            before, after = row[f"{what} before"], row[f"{what} after"]
            costs += [f"{before:.{digits}f}", f"{after:.{digits}f}", f"{after / before:.2f}"]
        cells = [
            row["set"],
            row["epochs"],
            f"{row['first epoch']:.1e}",
            f"{row['all epochs']:.1e}",
            f"{row['ARI']:.3f}",
        ]
        head.append("| " + " | ".join(map(str, [*cells, *costs])) + " |")
    return "\n".join(head) + "\n"


if __name__ == "__main__":
    main()
