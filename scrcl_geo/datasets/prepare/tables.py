"""Two tables of text: counts (genes × cells) and one row per cell with the annotation, as in sc_mixology."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scrcl_geo.datasets.prepare._layout import layout

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData


def convert(
    files: Sequence[Path],
    *,
    label: str,
    label_key: str = "cell_type",
    keep: Sequence[str] = (),
    genes_in_rows: bool = True,
) -> AnnData:
    """Counts first, then the annotation with ``label`` and other columns to ``keep``."""
    counts = _table(files[0])
    counts = counts.T if genes_in_rows else counts
    table = _table(files[1]).loc[counts.index]
    labels = {**{column: table[column] for column in keep}, label_key: table[label]}
    return layout(counts.to_numpy(), cells=counts.index, genes=counts.columns, labels=labels)


def _table(path: Path) -> pd.DataFrame:
    """A table with names in its first column, its separator told from the first line."""
    import pandas as pd

    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as text:
        first = text.readline()
    return pd.read_csv(path, index_col=0, sep=max(",\t;", key=first.count))
