"""DLPFC slides: counts as in BANKSY's R package, layers and coordinates as in SEDR's analyses.

Files: one or more ``.rda`` with ``expression`` (genes × spots), ``metadata.tsv``, and
``tissue_positions_list.csv``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo.datasets.prepare._layout import layout
from scrcl_geo.datasets.prepare.r_lists import part, read_r

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

_PIXELS = ["in_tissue", "array_row", "array_col", "pixel_y", "pixel_x"]


def convert(
    files: Sequence[Path], *, label: str = "layer_guess_reordered", label_key: str = "domain"
) -> AnnData:
    """Matrices that were divided by the library size are turned back into counts; genes are joined."""
    import pandas as pd

    *matrices, metadata, positions = files
    spots = pd.read_csv(metadata, sep="\t").set_index("barcode")
    spot_positions = pd.read_csv(positions, index_col=0, header=None, names=_PIXELS)
    counts = None
    for path in matrices:
        (name, data), *_ = read_r(path).items()
        stored = part({name: data}, f"{name}/expression")
        barcodes = [str(cell).split("_")[0] for cell in stored.coords["dim_1"].values]
        frame = pd.DataFrame(stored.values.T, index=barcodes, columns=stored.coords["dim_0"].values)
        part_counts = _as_counts(frame, spots["sum_umi"].loc[frame.index].to_numpy())
        # genes that an earlier file has are not taken twice
        counts = (
            part_counts
            if counts is None
            else counts.join(part_counts[part_counts.columns.difference(counts.columns, sort=False)])
        )
    assert counts is not None  # noqa: S101 - the layout of this format has matrices
    spots, spot_positions = spots.loc[counts.index], spot_positions.loc[counts.index]
    return layout(
        counts.to_numpy(),
        cells=counts.index,
        genes=counts.columns,
        labels={label_key: spots[label]},
        numbers={
            **{key: spot_positions[key] for key in ("array_row", "array_col")},
            **{key: spots[key] for key in ("sum_umi", "sum_gene")},
        },
        spatial=spot_positions[["pixel_x", "pixel_y"]].to_numpy(),
    )


def _as_counts(frame: pd.DataFrame, library: np.ndarray) -> pd.DataFrame:
    """Counts from values = count · constant / library size; the smallest count that is not 0 is 1."""
    values = frame.to_numpy()
    if (values == np.round(values)).all():
        return frame
    scaled = values * library[:, None]
    return frame * 0 + np.round(scaled / scaled[scaled > 0].min())
