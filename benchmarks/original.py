"""Drive a checkout of the published code from outside, in a process of its own; one JSON line per seed.

    python benchmarks/original.py CHECKOUT Goolam.h5ad --label cell_type --epochs 300 --seeds 5 15

Nothing of the checkout is changed or copied: its entry point ``train.train`` is called as its own scripts
call it, and what it hands from one of its functions to the next is written down on the way. It needs
``munkres`` and ``POT`` beside this project.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import sys
import tempfile
import time
import warnings
from pathlib import Path

SLIDE = "Mouse_Embryo_E9.5"  # the one slide that the published code reads from an .h5ad file
DRAWS = 20
TERMS = {
    "embedding_distribution_alignment": "DistributionAlignment",
    "neighborhood_contrastive_alignment": "NeighborhoodAlignment",
    "cross_view_consistency": "ViewConsistency",
}


def parse():
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout")
    parser.add_argument("file")
    parser.add_argument("--label", default="cell_type")
    parser.add_argument("--epochs", type=int, default=500)
    parser.add_argument("--seeds", nargs="+", type=int, default=[5, 15, 25, 35, 45])
    parser.add_argument("--settings", default="{}", help="JSON that replaces entries of its default file")
    parser.add_argument("--no-clustering", action="store_true", help="of every epoch: for the time alone")
    return parser.parse_args()


def main():
    """Run all seeds in one call, as its scripts do."""
    arguments = parse()
    warnings.filterwarnings("ignore")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    checkout, file = Path(arguments.checkout).resolve(), Path(arguments.file).resolve()
    sys.path.insert(0, str(checkout))
    import anndata
    import torch
    import yaml

    anndata.read = anndata.read_h5ad  # its name in the release that the published code asks for
    if not torch.cuda.is_available():
        stay_on_cpu(torch)
    task = "ST" if "spatial" in (adata := anndata.read_h5ad(file)).obsm else "SC"
    defaults = (checkout / "config" / task / f"init_config_{task.lower()}.yaml").read_text()
    config = {
        **yaml.safe_load(defaults),
        **{"dataset": SLIDE if task == "ST" else "data", "task": task, "epochs": arguments.epochs},
        **{"save_res": False, "showimg": False, "showpaga": False},
        **json.loads(arguments.settings),
    }
    adata = adata[adata.obs[arguments.label].notna()].copy()
    truth = adata.obs[arguments.label].astype(str).astype("category")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        place_data(adata, truth, task)
        trace(config, arguments, truth)


def stay_on_cpu(torch):
    """Its clustering names the first GPU as a default; without one, that is the CPU."""
    move = torch.Tensor.to

    def to(tensor, device=None, *args, **kwargs):
        asked = isinstance(device, torch.device) and device.type == "cuda"
        return move(tensor, "cpu" if asked else device, *args, **kwargs)

    torch.Tensor.to = to


def place_data(adata, truth, task):
    """The file where the published code looks for it, with the labels under its name."""
    if task == "ST":
        adata.obs["annotation"] = truth
        path = Path("datasets", "stdata", SLIDE, "E9.5_E1S1.MOSTA.h5ad")
    else:
        adata.obs["cell_type1"] = truth
        path = Path("datasets", "scdata", "data.h5ad")
    path.parent.mkdir(parents=True)
    adata.write_h5ad(path)


def trace(config, arguments, truth):
    """Call it, and write down losses, labels and times as they pass."""
    import numpy as np
    import train as published
    from model import Model

    losses, labels, clocks, idle = {name: [] for name in TERMS.values()}, [], [], [0.0]

    def recorded(name, function):
        def call(*args, **kwargs):
            value = function(*args, **kwargs)
            losses[name].append(float(value))
            return value

        return call

    for method, name in TERMS.items():
        setattr(Model, method, recorded(name, getattr(Model, method)))
    cluster, evaluate, smooth = published.clustering, published.evaluate, published.refine_label
    positions, last = [], []

    def clustering(**kwargs):
        start = time.process_time()
        none = (np.zeros(len(truth), int), None, None)
        found = none if arguments.no_clustering else cluster(**kwargs)
        labels.append(np.asarray(found[0], dtype=int))
        last[:] = [kwargs["feature"].cpu().numpy()]
        idle[0] += time.process_time() - start
        return found

    def scores(*args):
        start = time.process_time()
        found = (0.0, 0.0, 0.0, 0.0) if arguments.no_clustering else evaluate(*args)
        idle[0] += time.process_time() - start
        clocks.append(time.process_time() - idle[0])
        return found

    def refine_label(label, position, radius):
        positions[:] = [position]
        return smooth(label, position, radius=radius)

    published.clustering, published.evaluate, published.refine_label = clustering, scores, refine_label
    for seed in arguments.seeds:
        for kept in (*losses.values(), labels, clocks):
            kept.clear()
        idle[0] = 0.0
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            published.train(dict(config), [seed])
        row = summary(labels[: arguments.epochs], truth)
        if positions:
            smoothed = smooth(labels[arguments.epochs - 1], positions[0], radius=config["radius"])
            row |= {f"smoothed_{name}": value for name, value in scored(truth, smoothed).items()}
        steps = np.diff(clocks[: arguments.epochs])
        row |= {
            "draws": drawn(truth, last[0]),
            "seed": seed,
            "epochs": len(losses["ViewConsistency"]),
            "seconds_per_epoch": float(np.median(steps)),
            "least_seconds_per_epoch": float(np.min(steps)),
            "clustering_seconds_per_epoch": idle[0] / arguments.epochs,
            "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
            "losses": losses,
        }
        print(json.dumps(row), flush=True)


def summary(labels, truth):
    """Scores of the last epoch, and of that which agrees best with the labels, by NMI as for cells."""
    every = [scored(truth, found) for found in labels]
    best = max(range(len(every)), key=lambda epoch: every[epoch]["NMI"])
    return {
        **every[-1],
        **{f"best_{name}": value for name, value in every[best].items()},
        "best_epoch": best + 1,
    }


def drawn(truth, embedding):
    """ARI of our k-means by the cosine on its embedding, over draws, as for the preset."""
    from scrcl_geo.cluster import spherical_kmeans

    k = truth.nunique()
    return [scored(truth, spherical_kmeans(embedding, k, seed=draw))["ARI"] for draw in range(DRAWS)]


def scored(truth, labels):
    """ACC, NMI and ARI by the metrics of this project."""
    from scrcl_geo import metrics

    found = metrics.scores(truth, labels)
    return {name: found[name] for name in ("ACC", "NMI", "ARI")}


if __name__ == "__main__":
    main()
