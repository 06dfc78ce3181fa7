"""Visium slides with a table of the annotation, as GraphST, SEDR and spatialLIBD publish them.

Files: the Space Ranger folder, or its counts (``.h5``) and the packed folder ``spatial.tar.gz``, then
``metadata.tsv`` with one row per barcode.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scrcl_geo import _validate
from scrcl_geo._files import readers
from scrcl_geo.datasets._archive import unpack

if TYPE_CHECKING:
    from anndata import AnnData

# names of the annotation in the published tables
_LABELS = ("layer_guess_reordered", "ground_truth", "fine_annot_type", "annot_type", "layer_guess")


def convert(files: Sequence[Path], *, label: str | None = None, label_key: str = "domain") -> AnnData:
    """The slide with the annotation in ``obs``; spots without one are missing there and stay."""
    import pandas as pd

    *parts, metadata = files
    if len(parts) == 1 and parts[0].is_dir():
        adata = readers.read(parts[0])
    else:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for part in parts:
                if part.suffix == ".h5":
                    shutil.copy(part, folder / "filtered_feature_bc_matrix.h5")
                else:
                    unpack(part, folder)
            adata = readers.read(folder)
    table = pd.read_csv(metadata, sep=None, engine="python")
    table = table.set_index(table.columns[0])
    label = label or next((name for name in _LABELS if name in table), _LABELS[0])
    known = _validate.key(table, label, slot=metadata.name)
    adata.obs[label_key] = known.reindex(adata.obs_names).astype("category")
    return adata
