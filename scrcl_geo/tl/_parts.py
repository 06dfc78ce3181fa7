"""The parts of an embedding that :func:`scrcl_geo.tl.embed` put side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys, _validate

if TYPE_CHECKING:
    from anndata import AnnData


def embedding(adata: AnnData, use_rep: str) -> np.ndarray:
    """An embedding as an array, or an error that says how to get one."""
    remedy = "run sg.tl.embed(adata) first"
    return np.asarray(_validate.key(adata.obsm, use_rep, slot="obsm", do=remedy))


def parts(adata: AnnData, use_rep: str) -> dict[str, np.ndarray]:
    """Its parts by name; none for an embedding that is not ours."""
    whole = embedding(adata, use_rep)
    columns = adata.uns.get(_keys.RESULTS, {}).get("blocks", {}).get(use_rep, {})
    return {name: whole[:, start:stop] for name, (start, stop) in columns.items()}
