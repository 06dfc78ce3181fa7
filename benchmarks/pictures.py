"""Found domains beside the annotation of a slide, colours matched: what scores do not show.

    python benchmarks/pictures.py --data ../shared/data --output docs/images/domains.png

The annotation gives the number of clusters, and is read again for the picture alone. Colours of found
clusters are those of the annotated domains that they share most cells with, one to one.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import anndata
import matplotlib
import numpy as np
import pandas as pd
from PIL import Image
from scipy.optimize import linear_sum_assignment

import scrcl_geo as sg
from scrcl_geo.pl._colors import colors

SETS = ["DLPFC_151673", "DLPFC_151510", "MOB_ST", "STARmap_VISp_BY3", "MERFISH_hypothalamus_0.19"]


def main():
    """Run the default on each slide and draw one row of panels per set."""
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SCRCL_GEO_DATA", "../shared/data"))
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("docs/images/domains.png"))
    arguments = parser.parse_args()
    figure, axes = plt.subplots(2, len(arguments.sets), figsize=(3 * len(arguments.sets), 6.2), squeeze=False)
    for (above, below), name in zip(axes.T, arguments.sets, strict=True):
        adata = anndata.read_h5ad(Path(arguments.data) / f"{name}.h5ad")
        truth = adata.obs["domain"].astype("category")
        adata.obs = adata.obs[[]]
        sg.pp.graph(adata, seed=arguments.seed)
        sg.tl.embed(adata, seed=arguments.seed, progress=False)
        sg.tl.cluster(adata, truth.nunique(), seed=arguments.seed)
        found = adata.obs["scrcl"]
        palette = colors(truth.nunique())
        draw(above, adata.obsm["spatial"], truth, palette)
        draw(below, adata.obsm["spatial"], found, matched(truth, found, palette))
        above.set_title(name.replace("_", " "), fontsize=10)
        below.set_title(f"ARI {sg.metrics.ari(truth, found):.2f}", fontsize=9)
    for row, label in zip(axes, ("annotated", "found"), strict=True):
        row[0].set_ylabel(label)
    figure.tight_layout()
    figure.savefig(arguments.output, dpi=90)
    Image.open(arguments.output).convert("RGB").quantize(48).save(arguments.output, optimize=True)


def matched(truth, found, palette):
    """A colour for each found cluster: that of the domain matched to it (Hungarian)."""
    shared = pd.crosstab(found, truth).to_numpy()
    rows, columns = linear_sum_assignment(shared, maximize=True)
    return [palette[column] for _, column in sorted(zip(rows, columns, strict=True))]


def draw(axes, places, groups, palette):
    """Cells of one slide; those without a group are grey."""
    codes = groups.cat.codes.to_numpy()
    shades = np.array([*palette, "#d9d9d9"])[codes]
    size = min(60.0, 12_000 / len(codes))
    axes.scatter(places[:, 0], -places[:, 1], c=shades, s=size, linewidths=0)
    axes.set(aspect="equal", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


if __name__ == "__main__":
    main()
