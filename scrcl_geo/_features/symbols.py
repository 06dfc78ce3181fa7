"""What genes are called by people, where the names are identifiers."""

from __future__ import annotations

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
