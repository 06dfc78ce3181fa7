"""The published method: its code, our preset of it and our default on the same sets, for the same epochs.

    python benchmarks/paper.py --data ../shared/data --original ../scRCL --python ../scRCL/venv/bin/python
    python benchmarks/paper_page.py

A row is one training, in a process of its own: the last epoch, which is what a user gets, and in columns
that start with ``peeked_`` the epoch that agrees best with the labels, which the paper reports and nobody can
have. Rows that are already there are not run again. Without ``--original`` the published code is left out; it
is run by ``original.py`` from a checkout that is named, with the Python that has what it needs.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path

from rows import append_row, read_rows

HERE = Path(__file__).parent
RESULTS = HERE / "results"
# epochs of the published code that its own numbers here were taken at; it has settings for none of these sets
SETS = {
    "Goolam": ("cell_type", 300),
    "Zeisel_subset1464": ("cell_type", 60),
    "Baron_mouse2": ("cell_type", 100),
    "STARmap_mPFC_BZ9": ("domain", 60),
    "Worm_neuron": ("cell_type", 60),
}
SCORES = ("ACC", "NMI", "ARI")
COLUMNS = [
    *("set", "method", "seed", "epochs", *SCORES, "smoothed_ARI"),
    *("median_ARI", "lowest_ARI", "highest_ARI"),
    *("peeked_epoch", *(f"peeked_{name}" for name in SCORES)),
    *("cpu_s_per_epoch", "least_cpu_s_per_epoch", "peak_gb", "machine", "commit"),
]
DRAWS = 20  # k-means runs over which the median is taken


def parse():
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SCRCL_GEO_DATA", "../shared/data"))
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--methods", nargs="+", default=["preset", "default", "original"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[5, 15, 25, 35, 45])  # those of the paper
    parser.add_argument("--epochs", type=int, help="instead of those of each set")
    parser.add_argument("--original", help="a checkout of the published code")
    parser.add_argument("--python", default=sys.executable, help="what runs it")
    parser.add_argument("--output", type=Path, default=RESULTS / "paper.csv")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    """Run what is missing."""
    arguments = parse()
    if arguments.one:
        name, method, epochs, seed = arguments.one
        run = {"preset": preset, "default": default}[method]
        print(json.dumps(run(*read(arguments.data, name), int(epochs), int(seed))))
        return
    done = {key(row) for row in read_rows(arguments.output)}
    for seed in arguments.seeds:
        for name in arguments.sets:
            for method in arguments.methods:
                epochs = arguments.epochs or SETS[name][1]
                row = {"set": name, "method": method, "seed": seed, "epochs": epochs}
                if key(row) in done or (method == "original" and not arguments.original):
                    continue
                row |= in_own_process(arguments, name, method, epochs, seed)
                append_row(arguments.output, row, COLUMNS)
                print(f"{name} {method} seed {seed}: ARI {row['ARI']:.3f}", flush=True)


def key(row):
    """What a row is of; the default ends when it likes."""
    epochs = "" if row["method"] == "default" else str(row["epochs"])
    return row["set"], row["method"], str(row["seed"]), epochs


def read(data, name):
    """Cells that have a label, without any, and the labels: the published code leaves the others out."""
    import anndata

    adata = anndata.read_h5ad(Path(data) / f"{name}.h5ad")
    label = SETS[name][0]
    adata = adata[adata.obs[label].notna()].copy()
    truth = adata.obs[label].copy()
    adata.obs = adata.obs[[]]
    return adata, truth


def preset(adata, truth, epochs, seed):
    """The preset, looked at after each epoch."""
    import numpy as np

    import scrcl_geo as sg
    from scrcl_geo._files.memory import peak_gigabytes

    k, in_tissue = truth.nunique(), "spatial" in adata.obsm
    looks = trained(adata, k, epochs, seed)
    found = [sg.metrics.scores(truth, sg.cluster.spherical_kmeans(z, k, seed=seed)) for z in looks.embeddings]
    best = max(range(epochs), key=lambda epoch: found[epoch]["NMI"])
    last = looks.embeddings[-1]
    draws = [sg.cluster.spherical_kmeans(last, k, seed=draw) for draw in range(DRAWS)]
    row = {name: found[-1][name] for name in SCORES}
    if in_tissue:
        coordinates = np.asarray(adata.obsm["spatial"])
        labels = sg.cluster.spherical_kmeans(last, k, seed=seed)
        row["smoothed_ARI"] = sg.metrics.scores(truth, sg.cluster.majority(labels, coordinates, 50))["ARI"]
    return {
        **row,
        **over_draws([sg.metrics.scores(truth, labels)["ARI"] for labels in draws]),
        "peeked_epoch": best + 1,
        **{f"peeked_{name}": found[best][name] for name in SCORES},
        **times(looks.seconds),
        "peak_gb": peak_gigabytes(),
    }


def trained(adata, k, epochs, seed):
    """The preset's embedding after each epoch, and the CPU seconds of each."""
    import scrcl_geo as sg
    from scrcl_geo.model._fitting import settings_of, sizes_of
    from scrcl_geo.train import fit
    from scrcl_geo.train._runtime import seeded

    sg.pp.paper_graph(adata)
    model = sg.ScRCL.paper(k, spatial="spatial" in adata.obsm)
    data = model.graph(adata)
    with seeded(seed):
        module = model.parts.build(model.config, sizes_of(data))
        looks = Looks([data], module)
        fit(module, model.objective, looks, settings_of(model.config, 1, epochs), progress=False)
        looks.look()
    return looks


class Looks(list):
    """The whole graph as a list of one that embeds the cells each time training comes by for an epoch."""

    def __init__(self, batches, module):
        super().__init__(batches)
        self.module, self.embeddings, self.seconds, self.calls = module, [], [], 0

    def __iter__(self):
        self.calls += 1
        if self.calls > 2:  # the first tells sizes, the second starts the first epoch
            self.look()
        self.start = time.process_time()
        return super().__iter__()

    def look(self):
        """Both refined views as they stand; the time of the epoch that led there."""
        import torch

        self.seconds.append(time.process_time() - self.start)
        with torch.no_grad():
            self.embeddings.append(self.module.eval()(self[0]).side_by_side("z").numpy())
        self.module.train()


def over_draws(scores):
    """What the draw of the starts of k-means does to one embedding."""
    return {
        "median_ARI": statistics.median(scores),
        "lowest_ARI": min(scores),
        "highest_ARI": max(scores),
    }


def times(seconds):
    """Median and least CPU seconds of an epoch, without the look at it."""
    return {"cpu_s_per_epoch": statistics.median(seconds), "least_cpu_s_per_epoch": min(seconds)}


def default(adata, truth, epochs, seed):
    """Our default, which stops where it predicts held-out cells best; ``epochs`` is not its."""
    from scrcl_geo import _pipeline, metrics
    from scrcl_geo._files.memory import peak_gigabytes

    start = time.process_time()
    model, _ = _pipeline.run(adata, _pipeline.Job(truth.nunique(), seed=seed, progress=False))
    n_epochs = len(model.log_.losses)
    found = metrics.scores(truth, adata.obs["scrcl"])
    each = (time.process_time() - start) / n_epochs
    return {
        **{name: found[name] for name in SCORES},
        "epochs": n_epochs,
        "cpu_s_per_epoch": each,
        "peak_gb": peak_gigabytes(),
    }


def in_own_process(arguments, name, method, epochs, seed):
    """One row; an error ends the script, as half a table would mislead."""
    shared = {"machine": f"{os.cpu_count()} cores, {platform.machine()}", "commit": commit()}
    if method != "original":
        command = [sys.executable, __file__, "--data", arguments.data]
        command += ["--one", name, method, str(epochs), str(seed)]
        return {**answer(command), **shared}
    label = SETS[name][0]
    command = [
        arguments.python,
        HERE / "original.py",
        arguments.original,
        Path(arguments.data) / f"{name}.h5ad",
    ]
    command += ["--label", label, "--epochs", str(epochs), "--seeds", str(seed)]
    return {**of_original(answer(command)), **shared}


def of_original(row):
    """A line of ``original.py`` as a row of ours."""
    renamed = {
        "seconds_per_epoch": "cpu_s_per_epoch",
        "least_seconds_per_epoch": "least_cpu_s_per_epoch",
        "best_epoch": "peeked_epoch",
        **{f"best_{name}": f"peeked_{name}" for name in SCORES},
    }
    row = {renamed.get(name, name): value for name, value in row.items()} | over_draws(row["draws"])
    return {name: value for name, value in row.items() if name in COLUMNS}


def answer(command):
    """The last line that a command prints, as JSON."""
    warnings.filterwarnings("ignore")
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.strip().splitlines()[-1])


def commit():
    """Short hash of the code that runs; empty without git."""
    command = ["git", "-C", str(HERE), "describe", "--always", "--exclude=*", "--abbrev=10", "--dirty"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    main()
