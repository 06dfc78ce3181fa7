"""The layout that all converters give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from scrcl_geo import _keys, _validate

if TYPE_CHECKING:
    from anndata import AnnData


def layout(
    counts: Any,
    *,
    cells: Iterable[Any] | None = None,
    genes: Iterable[Any] | None = None,
    labels: Mapping[str, Any] | None = None,
    numbers: Mapping[str, Any] | None = None,
    spatial: Any = None,
) -> AnnData:
    """Cells × genes as CSR float32, labels as categories (missing ones stay missing), coordinates.

    Files without names get ``cell0``, … and ``g0``, …
    """
    from anndata import AnnData
    from anndata.utils import make_index_unique

    x = sparse.csr_matrix(counts, dtype=np.float32)
    x.eliminate_zeros()
    n_cells, n_genes = x.shape
    names = [f"cell{i}" for i in range(n_cells)] if cells is None else [str(name) for name in cells]
    symbols = [f"g{i}" for i in range(n_genes)] if genes is None else [str(name) for name in genes]
    if (len(names), len(symbols)) != x.shape:
        raise _validate.fail(
            "names do not fit the counts",
            f"{len(names)} cells and {len(symbols)} genes for {n_cells} × {n_genes} counts",
            "take the files as published",
        )
    obs = pd.DataFrame(index=pd.Index(names, dtype=object))
    for key, values in (numbers or {}).items():
        obs[key] = np.asarray(values)
    for key, values in (labels or {}).items():
        known = pd.Series(list(values), dtype=object, index=obs.index)
        obs[key] = (
            known.where(known.notna(), None).map(lambda v: v if v is None else str(v)).astype("category")
        )
    var = pd.DataFrame(index=make_index_unique(pd.Index(symbols, dtype=object)))
    adata = AnnData(x, obs=obs, var=var)
    if spatial is not None:
        adata.obsm[_keys.SPATIAL] = np.asarray(spatial, dtype=np.float64)
    return adata


def codes(values: Any) -> list[str]:
    """Whole-number codes of classes as names: ``c0``, ``c1``, …"""
    return [f"c{int(value)}" for value in np.asarray(values)]
