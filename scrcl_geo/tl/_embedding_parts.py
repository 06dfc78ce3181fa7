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
    return {name: whole[:, columns] for name, columns in part_columns(adata, use_rep).items()}


def part_columns(adata: AnnData, use_rep: str) -> dict[str, slice]:
    """The columns of its parts by name; none for an embedding that is not ours."""
    blocks = adata.uns.get(_keys.RESULTS, {}).get("blocks", {}).get(use_rep, {})
    return {name: slice(int(start), int(stop)) for name, (start, stop) in blocks.items()}
