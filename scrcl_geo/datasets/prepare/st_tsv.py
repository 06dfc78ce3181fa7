"""Spatial Transcriptomics: counts (spots × genes, named "XxY") and annotated spots, as in her2st."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo.datasets.prepare._layout import layout

if TYPE_CHECKING:
    from anndata import AnnData


def convert(
    files: Sequence[Path], *, label_key: str = "domain", unlabelled: Sequence[str] = ("undetermined",)
) -> AnnData:
    """Counts first, then the annotated spots with array positions ``x``, ``y`` and pixels of the image."""
    import pandas as pd

    counts = pd.read_csv(files[0], sep="\t", index_col=0)
    spots = pd.read_csv(files[1], sep="\t").dropna(subset=["x", "y"])
    # the table has measured positions; the spot is the nearest position of the array
    array_position = spots[["x", "y"]].round().astype(int)
    spots.index = array_position["x"].astype(str) + "x" + array_position["y"].astype(str)
    spots = spots[~spots.index.duplicated()]
    counts = counts.loc[counts.index.isin(spots.index)]
    spots = spots.loc[counts.index]
    array = np.array([name.split("x") for name in counts.index], dtype=np.int64)
    return layout(
        counts.to_numpy(),
        cells=counts.index,
        genes=counts.columns,
        labels={label_key: spots["label"].where(~spots["label"].isin(list(unlabelled)))},
        numbers={"array_x": array[:, 0], "array_y": array[:, 1]},
        spatial=spots[["pixel_x", "pixel_y"]].to_numpy(),
    )
