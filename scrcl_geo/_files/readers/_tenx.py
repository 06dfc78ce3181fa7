"""Count matrices as Cell Ranger writes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scrcl_geo import _validate
from scrcl_geo._files.external import refuse_external

if TYPE_CHECKING:
    from anndata import AnnData


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
    if not matrices[0].name.endswith(".gz") and not (path / f"{prefix}genes.tsv").exists():
        return _unpacked(path, prefix)
    return sc.read_10x_mtx(path, prefix=prefix or None)


def _unpacked(path: Path, prefix: str) -> AnnData:
    """Version 3 files that were unpacked, which scanpy's reader of folders does not take."""
    import pandas as pd
    import scanpy as sc

    adata = sc.read(path / f"{prefix}matrix.mtx").T
    genes = pd.read_csv(path / f"{prefix}features.tsv", header=None, sep="\t")
    adata.var_names = genes[min(1, genes.shape[1] - 1)].astype(str).to_numpy()
    adata.obs_names = pd.read_csv(path / f"{prefix}barcodes.tsv", header=None)[0].astype(str).to_numpy()
    adata.var_names_make_unique()
    if genes.shape[1] > 2:
        adata = adata[:, (genes[2] == "Gene Expression").to_numpy()].copy()
    return adata
