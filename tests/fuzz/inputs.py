"""Random AnnData of every layout, type and oddity that a file may hold."""

import anndata as ad
import numpy as np
import pandas as pd
from hypothesis import strategies as st
from scipy import sparse

DTYPES = ["int8", "uint16", "int32", "int64", "float16", "float32", "float64", "bool"]
LAYOUTS = ["dense", "csr", "csc", "coo", "int64 indices", "view", "fortran"]
VALUES = [
    "counts",
    "normalised",
    "constant",
    "huge",
    "subnormal",
    "negative",
    "nan",
    "inf",
    "zeros",
    "zero rows",
]
PLACES = ["plane", "none", "nan", "duplicates", "line", "far", "3-D", "one column", "text"]
NAMES = ["plain", "duplicate genes", "duplicate cells", "numbers"]
COLUMNS = ["none", "categorical", "missing", "nullable", "masked"]


def values(kind, n, g, rng):
    """A dense matrix (n, g), float64."""
    x = rng.poisson(1.5, (n, g)).astype(float)
    if kind == "normalised":
        return np.log1p(x / np.maximum(x.sum(1, keepdims=True), 1) * 1e4)
    if kind == "constant":
        return np.full((n, g), 3.0)
    if kind == "huge":
        return x * 1e9
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
    if layout in ("dense", "view"):
        return x
    if layout == "fortran":
        return np.asfortranarray(x)
    if dtype == "float16":  # SciPy has no sparse half precision
        x = x.astype("float32")
    matrix = {"csc": sparse.csc_matrix, "coo": sparse.coo_matrix}.get(layout, sparse.csr_matrix)(x)
    if layout == "int64 indices":
        matrix.indices, matrix.indptr = matrix.indices.astype(np.int64), matrix.indptr.astype(np.int64)
    return matrix.tocsr() if layout == "coo" else matrix


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
    return pd.array([True, None] * n, dtype="boolean")[:n] if kind == "masked" else None


def usually(choices):
    """The first choice in most cases, so that one oddity is not hidden behind another."""
    return st.sampled_from([choices[0]] * 2 * len(choices) + choices[1:])


@st.composite
def inputs(draw):
    """An AnnData and what it is made of."""
    n, g = draw(st.sampled_from([40, 20, 20, 8, 8, 3, 2, 1])), draw(st.sampled_from([30, 30, 5, 2, 1]))
    kind = {
        "values": draw(usually(VALUES)),
        "dtype": draw(st.sampled_from(DTYPES)),
        "layout": draw(st.sampled_from(LAYOUTS)),
        "place": draw(usually(PLACES)),
        "names": draw(usually(NAMES)),
        "column": draw(usually(COLUMNS)),
    }
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    adata = ad.AnnData(laid_out(values(kind["values"], n, g, rng), kind["layout"], kind["dtype"]))
    if kind["names"] == "duplicate genes":
        adata.var_names = ["gene"] * g
    if kind["names"] == "duplicate cells":
        adata.obs_names = ["cell"] * n
    place = coordinates(kind["place"], n, rng)
    if place is not None:
        adata.obsm["spatial"] = place
    column = columns(kind["column"], n)
    if column is not None:
        adata.obs["column"] = column
    if kind["layout"] == "view":
        adata = adata[rng.permutation(n)[: max(1, n - 1)]]
    return adata, {"cells": n, "genes": g, **kind}
