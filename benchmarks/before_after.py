"""The network of 0.1 in both versions: losses, clusters, seconds and memory at equal settings.

    git worktree add ../scrcl_geo-0.1 v0.1.0   # or any checkout of release 0.1
    python benchmarks/before_after.py ../scrcl_geo-0.1 --data ../shared/data

Each run is a process of its own; the two versions take turns. Without dropout, whose masks the versions
draw in another order, all that differs is rounding; what rounding alone does is shown by 0.1 beside
itself with an input that differs in the last bits.
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
    runs = {"before": [], "after": []}
    for _ in range(arguments.repeats):
        for version, root in (("before", arguments.before), ("after", HERE.parent)):
            runs[version].append(one(root, version, arguments.data, name))
    before, after = (runs[version][0] for version in ("before", "after"))
    rounded = one(arguments.before, "rounded", arguments.data, name)
    return {
        "set": name,
        "epochs": len(before["losses"]),
        "versions": differences(before, after),
        "rounding": differences(before, rounded),
        **{f"{what} {v}": median(runs[v], what) for what in ("seconds", "gb") for v in runs},
    }


def differences(one, other):
    """Losses of the first epoch, relative; epochs equal to 1e-5; largest difference; ARI on u and on z."""
    from scrcl_geo.metrics import ari

    pairs = list(zip(one["losses"], other["losses"], strict=True))
    largest = [max(abs(a[term] - b[term]) for term in a) for a, b in pairs]
    equal = next((epoch for epoch, value in enumerate(largest) if value > 1e-5), len(largest))
    first = max(abs(pairs[0][0][term] / pairs[0][1][term] - 1) for term in pairs[0][0])
    scores = [f"{ari(*labels):.3f}" for labels in zip(one["labels"], other["labels"], strict=True)]
    return f"{first:.1e}", str(equal), f"{max(largest):.1e}", *scores


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
from sklearn.cluster import KMeans
torch.set_num_threads(1)
import scrcl_geo as sg
from scrcl_geo import _keys  # the keys of either version
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
in_space = _keys.SPATIAL_CONNECTIVITIES in adata.obsp
width = adata.obsm[_keys.PCA].shape[1]
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
    mask_rate=0.0,
)
"""
END = """
start = time.perf_counter()
model.fit(adata, progress=False)
embeddings = [model.embed(adata, on=on) for on in ("u", "z")]
seconds = time.perf_counter() - start
print(json.dumps({
    "losses": model.log_.losses,
    "labels": [KMeans(8, n_init=50, random_state=0).fit_predict(e).tolist() for e in embeddings],
    "seconds": seconds,
    "gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
}))
"""
ROUND = """
import numpy
noise = numpy.random.default_rng(0).standard_normal(adata.obsm[_keys.PCA].shape)
adata.obsm[_keys.PCA] = (adata.obsm[_keys.PCA] * (1 + 1e-7 * noise)).astype("float32")
"""
RUN = {
    "before": START + BEFORE + END,
    "after": START + AFTER + END,
    "rounded": START + ROUND + BEFORE + END,
}


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
        " first epoch, number of epochs before one differs by 1e-5, largest difference in all. ARI between"
        " the k-means clusters (8) of both embeddings, on u and on z. In brackets, 0.1 beside itself with"
        " inputs that differ by 1e-7. Seconds of fit and embed, peak memory of the process: medians.",
        "",
        "| set | epochs | losses, first epoch | equal to 1e-5 | all epochs | ARI on u | on z"
        " | seconds before | after | ratio | GB before | after | ratio |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        costs = []
        for what, digits in (("seconds", 1), ("gb", 2)):
            before, after = row[f"{what} before"], row[f"{what} after"]
            costs += [f"{before:.{digits}f}", f"{after:.{digits}f}", f"{after / before:.2f}"]
        same = [f"{a} ({b})" for a, b in zip(row["versions"], row["rounding"], strict=True)]
        cells = [row["set"], row["epochs"], *same, *costs]
        head.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(head) + "\n"


if __name__ == "__main__":
    main()
