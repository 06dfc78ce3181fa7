"""Random AnnData of every layout, type and oddity that a file may hold; AnnData itself refuses COO."""

import tempfile
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
from hypothesis import strategies as st
from scipy import sparse

DTYPES = ["int8", "uint16", "int32", "int64", "float16", "float32", "float64", "bool", "object"]
LAYOUTS = [
    "dense",
    "csr",
    "csc",
    "csr array",
    "layer",
    "int64 indices",
    "view",
    "fortran",
    "unsorted",
    "backed",
    "backed csr",
]
VALUES = [
    "counts",
    "normalised",
    "constant",
    "huge",
    "enormous",
    "subnormal",
    "negative",
    "nan",
    "inf",
    "zeros",
    "zero rows",
]
PLACES = ["plane", "none", "nan", "duplicates", "line", "far", "islands", "3-D", "one column", "text"]
NAMES = ["plain", "duplicate genes", "duplicate cells", "numbers", "empty", "null"]
COLUMNS = ["none", "categorical", "missing", "nullable", "masked", "numbers", "one each"]
COUNTS = "counts"


def values(kind, n, g, rng):
    """A dense matrix (n, g), float64."""
    x = rng.poisson(1.5, (n, g)).astype(float)
    if kind == "normalised":
        return np.log1p(x / np.maximum(x.sum(1, keepdims=True), 1) * 1e4)
    if kind == "constant":
        return np.full((n, g), 3.0)
    if kind == "huge":
        return x * 1e9
    if kind == "enormous":
        return x * 1e14
    if kind == "subnormal":
        return x * 1e-310
    if kind == "zeros":
        return x * 0
    if kind == "zero rows":
        x[:: max(1, n // 3)] = 0
        x[:, :: max(1, g // 3)] = 0
    wrong = {"negative": -1.0, "nan": np.nan, "inf": np.inf}
    if kind in wrong:
        x[rng.integers(n), rng.integers(g)] = wrong[kind]
    return x


def laid_out(x, layout, dtype):
    """The matrix in a layout; values that a type cannot hold wrap or saturate, as in a careless file."""
    with np.errstate(all="ignore"):
        x = x.astype(dtype)
    if layout in ("dense", "view", "backed"):
        return x
    if layout == "fortran":
        return np.asfortranarray(x)
    if dtype in ("float16", "object"):  # SciPy has no sparse form of these
        x = x.astype("float32")
    forms = {"csc": sparse.csc_matrix, "csr array": sparse.csr_array}
    matrix = forms.get(layout, sparse.csr_matrix)(x)
    if layout == "int64 indices":
        matrix.indices, matrix.indptr = matrix.indices.astype(np.int64), matrix.indptr.astype(np.int64)
    if layout == "unsorted":
        for start, stop in zip(matrix.indptr, matrix.indptr[1:], strict=False):
            matrix.indices[start:stop] = matrix.indices[start:stop][::-1].copy()
            matrix.data[start:stop] = matrix.data[start:stop][::-1].copy()
        matrix.has_sorted_indices = False
    return matrix


def in_file(adata):
    """The same with X left in a file, which has no name any more; what no file can hold stays."""
    if adata.X.dtype == object or "\0" in adata.obs_names:
        return adata
    with tempfile.TemporaryDirectory() as folder:
        adata.write_h5ad(Path(folder) / "x.h5ad")
        return ad.read_h5ad(Path(folder) / "x.h5ad", backed="r")


def coordinates(kind, n, rng):
    """Places of the cells, or None."""
    plane = rng.uniform(0, 100, (n, 2))
    if kind == "nan":
        plane[0, 0] = np.nan
    if kind == "duplicates":
        plane[:] = plane[0]
    if kind == "line":
        plane[:, 1] = 5
    if kind == "far":
        plane *= 1e12
    if kind == "islands":
        plane[::2] += 1e6
    changed = {"none": None, "3-D": rng.uniform(0, 9, (n, 3)), "one column": plane[:, :1]}
    return changed.get(kind, plane.astype(str) if kind == "text" else plane)


def columns(kind, n):
    """A column of obs, or None."""
    if kind == "categorical":
        return pd.Categorical(["a", "b"] * n)[:n]
    if kind == "missing":
        return [None, "x"] * (n // 2) + ["y"] * (n % 2)
    if kind == "nullable":
        return pd.array([1, None] * n, dtype="Int64")[:n]
    if kind in ("numbers", "one each"):
        return np.arange(n) if kind == "one each" else np.arange(n) % 2
    return pd.array([True, None] * n, dtype="boolean")[:n] if kind == "masked" else None


def usually(choices):
    """The first choice in most cases, so that one oddity is not hidden behind another."""
    return st.sampled_from([choices[0]] * 2 * len(choices) + choices[1:])


@st.composite
def inputs(draw):
    """An AnnData, how to run on it, and what it is made of."""
    n = draw(st.sampled_from([40, 20, 20, 20, 8, 8, 8, 3, 2, 1, 0]))
    g = draw(st.sampled_from([30, 30, 30, 30, 5, 5, 2, 1, 0]))
    kind = {
        "values": draw(usually(VALUES)),
        "dtype": draw(st.sampled_from(DTYPES)),
        "layout": draw(st.sampled_from(LAYOUTS)),
        "place": draw(usually(PLACES)),
        "names": draw(usually(NAMES)),
        "column": draw(usually(COLUMNS)),
    }
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = laid_out(
        values(kind["values"] if n and g else "normalised", n, g, rng), kind["layout"], kind["dtype"]
    )
    how = {}
    if kind["layout"] == "layer":
        adata, how["layer"] = ad.AnnData(shape=(n, g), layers={COUNTS: x}), COUNTS
    else:
        adata = ad.AnnData(x)
    _name(adata, kind["names"])
    place = coordinates(kind["place"] if n else "none", n, rng)
    if place is not None:
        adata.obsm["spatial"] = place
    column = columns(kind["column"], n)
    if column is not None:
        adata.obs["column"] = column
        how["batch_key"] = draw(st.sampled_from(["column", None]))
    if kind["layout"] == "view" and n:
        adata = adata[rng.permutation(n)[: max(1, n - 1)]]
    if kind["layout"].startswith("backed"):
        adata = in_file(adata)
    how["n_clusters"] = draw(st.sampled_from([2, 2, 3, None]))
    return adata, how, {"cells": n, "genes": g, **kind}


def _name(adata, kind):
    """Names of cells and genes of one kind."""
    n, g = adata.shape
    if kind == "duplicate genes":
        adata.var_names = ["gene"] * g
    if kind == "duplicate cells":
        adata.obs_names = ["cell"] * n
    if kind == "numbers":
        adata.obs_names, adata.var_names = pd.RangeIndex(n), pd.RangeIndex(g)
    if kind == "null" and n:
        adata.obs_names = ["\0", *adata.obs_names[1:]]
    if kind == "empty" and g:
        adata.var_names = ["", *adata.var_names[1:]]
