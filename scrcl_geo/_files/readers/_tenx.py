"""Count matrices as Cell Ranger writes them."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from scrcl_geo import _validate
from scrcl_geo._files.external import refuse_external

if TYPE_CHECKING:
    from anndata import AnnData

_PACKED = 1100  # times, at most, that gzip makes a file smaller


def read_h5(path: Path) -> AnnData:
    """A 10x ``.h5`` file: gene expression alone, gene symbols made unique."""
    import scanpy as sc

    refuse_external(path)
    adata = sc.read_10x_h5(path)
    adata.var_names_make_unique()  # symbols are not unique in 10x references
    return adata


def read_mtx(path: Path) -> AnnData:
    """A folder with ``matrix.mtx``, barcodes and genes, packed or not, with or without a prefix."""
    import scanpy as sc

    matrices = sorted(path.glob("*matrix.mtx*"))
    if len(matrices) > 1:
        names = _validate.shown([entry.name for entry in matrices])
        raise _validate.fail(f"several matrices in {path}", names, "put each into a folder of its own")
    prefix = matrices[0].name.split("matrix.mtx")[0]
    _check_sizes(matrices[0], prefix)
    if not matrices[0].name.endswith(".gz") and not (path / f"{prefix}genes.tsv").exists():
        return _unpacked(path, prefix)
    return sc.read_10x_mtx(path, prefix=prefix or None)


def _check_sizes(matrix: Path, prefix: str) -> None:
    """Fail where the head of a matrix states other sizes than its names, or more than its bytes can hold."""
    names = {
        axis: next((path for stem in stems for path in matrix.parent.glob(f"{prefix}{stem}.tsv*")), None)
        for axis, stems in (("genes", ("features", "genes")), ("barcodes", ("barcodes",)))
    }
    with _text(matrix) as file:
        line = file.readline(1000)
        while line.startswith("%"):
            line = file.readline(100_000)
    stated = [int(word) for word in line.split() if word.isdecimal()]
    if len(stated) != 3 or len(line.split()) != 3:
        remedy = "check that it is complete"
        raise _validate.fail(f"{matrix} states no sizes", repr(line[:40].strip()), remedy)
    room = matrix.stat().st_size * (_PACKED if matrix.suffix == ".gz" else 1) // len("1 1 1\n")
    if stated[2] > room + 1:
        found = f"{stated[2]:,} values in {matrix.stat().st_size:,} bytes"
        raise _validate.fail(f"{matrix} cannot hold what it states", found, "check that it is complete")
    for (axis, path), expected in zip(names.items(), stated, strict=False):
        if path is None:
            do = "copy the whole folder, as Cell Ranger wrote it"
            raise _validate.fail(f"no {axis} beside {matrix}", _validate.shown(_beside(matrix)), do)
        with _text(path) as file:
            there = sum(1 for line in file if line.strip())
        if there != expected:
            do = "take matrix, genes and barcodes of the same run"
            raise _validate.fail(f"{matrix.name} states {expected:,} {axis}", f"{there:,} in {path}", do)


def _text(path: Path) -> TextIO:
    return gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8")


def _beside(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


def _unpacked(path: Path, prefix: str) -> AnnData:
    """Version 3 files that were unpacked, which scanpy's reader of folders does not take."""
    import pandas as pd
    import scanpy as sc

    adata = sc.read(path / f"{prefix}matrix.mtx").T
    genes = pd.read_csv(path / f"{prefix}features.tsv", header=None, sep="\t")
    adata.var_names = genes[min(1, genes.shape[1] - 1)].astype(str).to_numpy()
    adata.obs_names = pd.read_csv(path / f"{prefix}barcodes.tsv", header=None)[0].astype(str).to_numpy()
    adata.var["gene_ids"] = genes[0].astype(str).to_numpy()
    adata.var_names_make_unique()
    if genes.shape[1] > 2:
        adata.var["feature_types"] = genes[2].astype(str).to_numpy()
        adata = adata[:, (genes[2] == "Gene Expression").to_numpy()].copy()
    return adata
