"""Draw the README's picture from the real data: ``python docs/make_images.py FOLDER_OF_THE_DATA``.

The published layers are read for the left panel alone, after the run.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import anndata as ad
import matplotlib as mpl

mpl.use("Agg")
warnings.filterwarnings("ignore")  # deprecations inside plotting libraries

import matplotlib.pyplot as plt  # noqa: E402

import scrcl_geo as sg  # noqa: E402
from scrcl_geo import _pipeline  # noqa: E402

OUTPUT = Path(__file__).parent / "images" / "starmap.png"


def main(folder: str) -> None:
    """Run STARmap BZ5 with the defaults and draw published layers, domains and genes."""
    adata = ad.read_h5ad(Path(folder) / "STARmap_mPFC_BZ5.h5ad")
    published = adata.obs.pop("domain").astype("category")
    _pipeline.run(adata, _pipeline.Job(published.nunique(), progress=False))
    adata.obs["published layer"] = published
    figure = plt.figure(figsize=(11, 4.2), layout="constrained")
    axes = figure.subplots(1, 3, width_ratios=[1, 1, 0.8])
    sg.pl.spatial(adata, color="published layer", ax=axes[0], title="published layers (not seen)")
    found = sg.metrics.ari(published, adata.obs["scrcl"])
    sg.pl.spatial(adata, ax=axes[1], title=f"domains found, ARI {found:.2f}")
    sg.pl.associations(adata, ax=axes[2])
    figure.savefig(OUTPUT, dpi=90)


if __name__ == "__main__":
    main(sys.argv[1])
