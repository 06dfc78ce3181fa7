"""Tables of text: one row per cell, one column per gene."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

from scipy import sparse

if TYPE_CHECKING:
    from anndata import AnnData


def read_csv(path: Path) -> AnnData:
    """A table with gene names in its first row and cell names in its first column; ``.gz`` is unpacked."""
    import scanpy as sc

    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    # one pass decides the delimiter; the reader takes lines, so a wrong file name does not matter
    with gzip.open(path, "rt") if packed else path.open(encoding="utf-8") as text:
        first = text.readline()
        text.seek(0)
        delimiter = max(",\t;", key=first.count)
        adata = sc.read_text(iter(text), delimiter=delimiter, first_column_names=True)
    adata.obs_names = adata.obs_names.str.strip('"')
    adata.var_names = adata.var_names.str.strip('"')
    adata.X = sparse.csr_matrix(adata.X)
    return adata
