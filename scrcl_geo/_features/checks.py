"""Checks of an AnnData's matrix, samples and coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from scrcl_geo import _keys, _validate
from scrcl_geo._features.rows import on_disk
from scrcl_geo._schema.result import stored

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

_LARGEST = 1e15  # values, so that their squares can be summed in single precision


def samples(adata: AnnData, batch_key: str) -> np.ndarray:
    """The sample of each cell as a number 0 … B - 1, (N,); every cell must have one."""
    return _sample_codes(_validate.key(adata.obs, batch_key, slot="obs"), batch_key)[0]


def cells_of_samples(column: pd.Series, batch_key: str) -> dict[str, np.ndarray]:
    """Positions of the cells of each sample that a column of obs names; every cell must have one."""
    codes, names = _sample_codes(column, batch_key)
    return {name: np.flatnonzero(codes == code) for code, name in enumerate(names)}


def _sample_codes(column: pd.Series, batch_key: str) -> tuple[np.ndarray, list[str]]:
    column = column.astype("category").cat.remove_unused_categories()
    codes = column.cat.codes.to_numpy()
    if (codes < 0).any():
        found = f"{np.count_nonzero(codes < 0):,} of {len(codes):,} without one"
        raise _validate.fail(
            f"obs[{batch_key!r}] must name the sample of every cell", found, "fill it or drop the cells"
        )
    return codes.astype(np.int64), column.cat.categories.astype(str).tolist()


def recorded_batch_key(adata: AnnData) -> str | None:
    """The column of samples that the graph was made with, where one was and is still there."""
    for key in (_keys.RESULTS, _keys.GRAPH_PARAMS, _keys.SPATIAL_NEIGHBORS):
        recorded = stored(adata, "uns", key, default={})
        params = recorded.get("params", {})
        for column in (recorded.get("batch_key"), params.get("batch_key"), params.get("library_key")):
            if isinstance(column, str) and column in adata.obs:
                return column
    return None


def data_matrix(adata: AnnData, layer: str | None) -> Any:
    """The expression matrix, from ``X`` or a layer, checked for shape and numbers.

    Returns the stored (N, G) matrix, dense or sparse, unchanged.
    """
    if layer is not None:
        matrix, slot = _validate.key(adata.layers, layer, slot="layers"), f"layers[{layer!r}]"
    else:
        matrix, slot = adata.X, "X"
    if matrix is None:
        raise _validate.fail(f"{slot} is empty", "no matrix", "store the counts in X or name a layer")
    n_cells, n_genes = matrix.shape
    if n_cells < 2 or n_genes < 2:
        raise _validate.fail(
            f"{slot} is too small",
            f"{n_cells} cells and {n_genes} genes",
            "at least 2 cells and 2 genes are needed",
        )
    for axis, names in (("cell", adata.obs_names), ("gene", adata.var_names)):
        if not names.is_unique:
            repeated = names[names.duplicated()].unique()
            fix = "obs_names_make_unique" if axis == "cell" else "var_names_make_unique"
            raise _validate.fail(
                f"{axis} names are not unique", _validate.shown(repeated, 3), f"call adata.{fix}()"
            )
        if names.astype(str).str.contains("\0", regex=False).any():  # no file can hold it
            raise _validate.fail(f"{axis} names hold a null character", "a damaged name", "rename it")
    if matrix.dtype.kind not in "fiub":
        raise _validate.fail(f"{slot} does not hold numbers", f"dtype {matrix.dtype}", "store numbers")
    if not on_disk(matrix):  # a file is checked while it is read
        structure(matrix, slot)
        values = stored_values(matrix)
        finite(values, slot)
        some_value(bool(values.any()), n_cells, slot)
    return matrix


def structure(matrix: Any, slot: str) -> None:
    """Raise where a sparse matrix points out of its own arrays, which SciPy would follow into memory."""
    if not sparse.issparse(matrix) or not hasattr(matrix, "indptr"):
        return
    try:
        matrix.check_format(full_check=True)
    except (ValueError, TypeError) as error:
        raise _validate.fail(
            f"{slot} is no valid sparse matrix", str(error), "check that the file is complete"
        ) from error


def finite(values: np.ndarray, slot: str) -> None:
    """Raise unless all numbers are finite and their squares can be summed in single precision."""
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        n_nan, n_inf = int(np.isnan(values).sum()), int(np.isinf(values).sum())
        raise _validate.fail(
            f"{slot} holds values that are not finite",
            f"{n_nan} NaN and {n_inf} infinite",
            "remove or impute them",
        )
    if values.size and max(abs(float(values.min())), abs(float(values.max()))) > _LARGEST:
        raise _validate.fail(
            f"{slot} holds values out of range", f"{np.abs(values).max():.0e}", "check the file or rescale"
        )


def some_value(any_value: bool, n_cells: int, slot: str) -> None:
    """Raise unless a value is other than zero."""
    if not any_value:
        raise _validate.fail(f"{slot} is all zero", f"{n_cells} empty cells", "check the file or the layer")


def stored_values(matrix: Any) -> np.ndarray:
    """The stored values of a dense or sparse matrix, flat, without a copy where possible."""
    if sparse.issparse(matrix):
        return matrix.data
    return np.asarray(matrix).reshape(-1)


def coordinates(adata: AnnData, name: str) -> np.ndarray:
    """Spatial coordinates (N, 2 or more) as float64, checked for numbers and spread."""
    remedy = "store coordinates there or run without space (spatial='no')"
    raw = np.asarray(_validate.key(adata.obsm, name, slot="obsm", do=remedy))
    if raw.ndim != 2 or raw.shape[1] < 2 or raw.dtype.kind not in "fiu":
        raise _validate.fail(f"obsm[{name!r}] does not hold coordinates", f"{raw.dtype} {raw.shape}", remedy)
    values = raw.astype(np.float64)
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).any(axis=1).sum())
        raise _validate.fail(f"obsm[{name!r}] is not finite", f"{bad} cells without coordinates", remedy)
    if (np.ptp(values, axis=0) == 0).all():
        raise _validate.fail(f"obsm[{name!r}] is constant", "one position for all cells", remedy)
    with np.errstate(over="ignore"):
        extent = float(np.ptp(values, axis=0).max())
    if not 1e-100 < extent < 1e150:  # squared distances neither vanish nor overflow
        raise _validate.fail(
            f"obsm[{name!r}] has distances out of range", f"an extent of {extent:.0e}", remedy
        )
    return values
