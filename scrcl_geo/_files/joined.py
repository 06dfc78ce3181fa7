"""Many files as one store, in which each is a sample; their matrices go there a block of rows at a time."""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo._features.rows import chunks
from scrcl_geo._features.values import detect_values
from scrcl_geo._files import atomic
from scrcl_geo._files.h5ad import COMPRESSION
from scrcl_geo._files.interrupt import unfinished
from scrcl_geo._files.store import new_h5ad, new_zarr, write_beside, write_blocks

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

logger = logging.getLogger(__name__)

_X = "X"
_BESIDE = ("obs", "var", "obsm", "varm", "uns")  # of a joined AnnData; pairs of cells are of one file alone


@contextmanager
def joined(
    files: Mapping[str, Path],
    output: Path,
    read: Callable[[Path], AnnData],
    *,
    layer: str | None = None,
    values: str = "auto",
) -> Iterator[Path]:
    """A store with the cells of all files, beside an output and of its form, for the time of the block.

    It holds the genes that all files have, in the order of the first; columns, coordinates and layers that
    all have; and ``obs["scrcl_file"]``, the name of each cell's file, which its own name ends in too.
    Neighbours that a file holds are left out: they know nothing of the other files.

    No more than one file is read at a time; of one with more than 1 GB in X, some rows.

    Parameters
    ----------
    files
        By name; see :func:`scrcl_geo._files.listed.listed`.
    layer, values
        The matrix that will be used instead of X, and what it holds, where the numbers are not to tell.

    Raises
    ------
    ScrclInputError
        A file cannot be read or used, no two genes are in all files, or their values are of several kinds.
    """
    heads = {name: _Head.of(path, read, layer, values) for name, path in files.items()}
    _one_kind({name: head.kind for name, head in heads.items()})
    genes = _common_genes({name: head.beside.var_names for name, head in heads.items()})
    _tell_left_out(heads)
    whole = _stacked({name: head.beside[:, genes] for name, head in heads.items()})
    matrices = [
        key for key in next(iter(heads.values())).dtypes if all(key in h.dtypes for h in heads.values())
    ]
    atomic.check_free(sum(head.n_bytes for head in heads.values()), output)
    beside = output.resolve()  # where what a killed run left is looked for
    place = Path(tempfile.mkdtemp(prefix=f".{beside.name}.", suffix=atomic.PARTIAL, dir=beside.parent))
    try:
        with unfinished(place):
            store = place / f"joined{output.suffix}"
            opened, options = (new_zarr, {}) if store.suffix == ".zarr" else (new_h5ad, COMPRESSION)
            with opened(store) as group:
                write_beside(group, whole, options)
                for key in matrices:
                    dtype = np.result_type(*(head.dtypes[key] for head in heads.values()))
                    write_blocks(group, key, _blocks(files, read, key, genes, dtype), options)
            yield store
    finally:
        shutil.rmtree(place, ignore_errors=True)


@dataclass(frozen=True)
class _Head:
    """What of a file is held: all but its matrices, of which the types are known and what the numbers are."""

    beside: AnnData
    dtypes: dict[str, np.dtype]
    kind: str
    n_bytes: int

    @classmethod
    def of(cls, path: Path, read: Callable[[Path], AnnData], layer: str | None, values: str) -> _Head:
        from anndata import AnnData

        adata = read(path)
        try:
            matrix = checks.data_matrix(adata, layer)
            kind = detect_values(matrix) if values == "auto" else values
        except _validate.ScrclInputError as error:
            raise _validate.ScrclInputError(f"{path}: {error}") from error
        beside = AnnData(**{slot: getattr(adata, slot) for slot in _BESIDE})
        stored = {_X: adata.X, **{f"layers/{name}": values for name, values in adata.layers.items()}}
        stored = {key: values for key, values in stored.items() if values is not None}
        dtypes = {key: np.dtype(values.dtype) for key, values in stored.items()}
        n_bytes = sum(_n_values(values) * (dtypes[key].itemsize + 4) for key, values in stored.items())
        return cls(beside, dtypes, kind, n_bytes)


def _n_values(matrix: Any) -> int:
    group = getattr(matrix, "group", None)  # sparse and on disk
    return int(group["data"].shape[0] if group is not None else getattr(matrix, "nnz", np.prod(matrix.shape)))


def _one_kind(kinds: Mapping[str, str]) -> None:
    first, *others = kinds
    for name in others:
        if kinds[name] != kinds[first]:
            found = f"{kinds[first]} in {first}, {kinds[name]} in {name}"
            raise _validate.fail(
                "the files hold several kinds of values", found, "list files of one kind, or name a --layer"
            )


def _common_genes(names: Mapping[str, pd.Index]) -> pd.Index:
    """Genes that are in all files, in the order of the first."""
    first, *others = names.values()
    common = first
    for other in others:
        common = common[common.isin(other)]
    if len(common) < 2:
        found = f"{len(common)} of {len(first):,} in {next(iter(names))}"
        raise _validate.fail("the files have no genes in common", found, "name the genes alike in all")
    fewest = min(len(genes) for genes in names.values())
    if len(common) < fewest:
        logger.warning("%d genes are in all files; the fewest in one are %d", len(common), fewest)
    return common


def _tell_left_out(heads: Mapping[str, _Head]) -> None:
    """Warn of columns of obs, coordinates and layers that some files lack."""
    for slot, of in (
        ("obs", lambda head: set(head.beside.obs)),
        ("obsm", lambda head: set(head.beside.obsm)),
        ("layers", lambda head: {key.partition("/")[2] for key in head.dtypes if key != _X}),
    ):
        there = [of(head) for head in heads.values()]
        if some := set.union(*there) - set.intersection(*there):
            logger.warning("%s that not all files have are left out: %s", slot, _validate.shown(sorted(some)))


def _stacked(heads: Mapping[str, AnnData]) -> AnnData:
    """All cells, without their matrices."""
    import anndata

    with warnings.catch_warnings():
        for category in (UserWarning, FutureWarning):  # anndata's own about types that it unites
            warnings.simplefilter("ignore", category)
        whole = anndata.concat(
            heads, join="inner", label=_keys.FILE, index_unique="-", merge="same", uns_merge="unique"
        )
        whole.strings_to_categoricals()
    return whole


def _blocks(
    files: Mapping[str, Path], read: Callable[[Path], AnnData], key: str, genes: pd.Index, dtype: Any
) -> Iterator[sparse.csr_matrix]:
    """Rows of one matrix of all files, with the genes in common."""
    for path in files.values():
        with _told_before():
            adata = read(path)
        matrix = adata.X if key == _X else adata.layers[key.partition("/")[2]]
        columns = adata.var_names.get_indexer(genes)
        for _, rows in chunks(matrix):
            yield sparse.csr_matrix(rows[:, columns]).astype(dtype, copy=False)


@contextmanager
def _told_before() -> Iterator[None]:
    """Messages about a file that was read once are not repeated."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
