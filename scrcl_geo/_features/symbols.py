"""What genes are called by people, where the names are identifiers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

# of scanpy's 10x readers, of CELLxGENE, and others that are seen
COLUMNS = ("gene_symbols", "gene_symbol", "feature_name", "gene_name", "gene_names", "symbol", "SYMBOL")


def gene_symbols(var: pd.DataFrame) -> pd.Series | None:
    """Symbol of each gene by name, (G,) of strings, the name itself where there is none; None where ``var``
    has no column of symbols."""
    column = next((name for name in COLUMNS if name in var), None)
    if column is None:
        return None
    names = pd.Series(var.index.astype(str), index=var.index)
    symbols = var[column].astype(object).where(var[column].notna(), None)
    return symbols.where(symbols.astype(str).str.strip().ne("") & symbols.notna(), names).astype(str)


def gene_positions(var: pd.DataFrame, genes: Sequence[str]) -> np.ndarray:
    """Position of each gene, (n,), by its name or by a symbol that it alone has; -1 where it is not there."""
    at = var.index.get_indexer(list(genes))
    symbols = gene_symbols(var)
    if symbols is not None:
        own = np.flatnonzero(~symbols.duplicated(keep=False))
        found = pd.Index(symbols.iloc[own]).get_indexer(list(genes))
        by_symbol = (at < 0) & (found >= 0)
        at[by_symbol] = own[found[by_symbol]]
    return at
