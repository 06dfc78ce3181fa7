"""The embedding that a tool reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrcl_geo._schema.result import stored

if TYPE_CHECKING:
    import numpy as np
    from anndata import AnnData


def rep_of(adata: AnnData, use_rep: str) -> np.ndarray:
    """An embedding as an array, or an error that says how to get one."""
    remedy = "run sg.tl.embed(adata) first"
    return stored(adata, "obsm", use_rep, do=remedy)
