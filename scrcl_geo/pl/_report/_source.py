"""What the report draws, read once from an AnnData that is never edited."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrcl_geo import _keys, _validate
from scrcl_geo._features.checks import recorded_batch_key
from scrcl_geo._neighbors.umap import umap
from scrcl_geo._schema.result import stored
from scrcl_geo.pl._colors import group_colors

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)

_LAYOUTS = (_keys.UMAP, _keys.SHOWN_UMAP)  # of the embedding, and of an earlier analysis
_CLUSTER_FIRST = "run sg.tl.cluster(adata) or scrcl-geo run first"


@dataclass(frozen=True)
class Source:
    """A result, its clusters and the cells that are drawn.

    ``given`` are the names in ``obs["scrcl_name"]``, empty for a cluster without one. Shapes: ``codes`` (N,)
    int, -1 for a cell without a cluster; ``drawn`` (M,) positions of cells, all of them or a random sample;
    ``umap`` (M, 2) of the drawn cells.
    """

    adata: AnnData
    groupby: str
    clusters: list[str]
    given: list[str]
    colors: list[str]
    codes: np.ndarray
    drawn: np.ndarray
    umap: np.ndarray
    batch_key: str | None
    associations: pd.DataFrame | None

    @property
    def sizes(self) -> np.ndarray:
        """Cells per cluster, (K,)."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.clusters))

    def top_genes(self, n: int) -> dict[str, list[str]]:
        """The ``n`` genes of each cluster with the largest association; none where they were not ranked."""
        if self.associations is None:
            return {}
        ranked = self.associations.groupby("group", sort=False)["names"]
        top = {str(group): names.head(n).astype(str).tolist() for group, names in ranked}
        return {name: top.get(name, []) for name in self.clusters}


def read(adata: AnnData, groupby: str, batch_key: str | None, max_cells: int, seed: int) -> Source:
    """Check the AnnData and lay the cells out where no UMAP is stored."""
    _validate.at_least("max_cells", max_cells, 2)
    groups = _validate.key(adata.obs, groupby, slot="obs", do=_CLUSTER_FIRST).astype("category")
    if not groups.notna().any():
        raise _validate.fail(f"obs[{groupby!r}] holds no cluster", "missing values only", _CLUSTER_FIRST)
    if batch_key is not None:
        _validate.groups(_validate.key(adata.obs, batch_key, slot="obs"), batch_key)
    drawn = np.arange(adata.n_obs)
    if adata.n_obs > max_cells:
        drawn = np.sort(np.random.default_rng(seed).choice(adata.n_obs, max_cells, replace=False))
    table = stored(adata, "uns", _keys.ASSOCIATIONS)
    clusters = [str(name) for name in groups.cat.categories]
    codes = groups.cat.codes.to_numpy().astype(np.int64)
    if table is not None and not set(clusters) & set(table["group"].astype(str)):
        logger.info("the associations are of other clusters than obs[%r]; left out", groupby)
        table = None
    return Source(
        adata=adata,
        groupby=groupby,
        clusters=clusters,
        given=_given(adata.obs, groupby, codes, len(clusters)),
        colors=group_colors(adata, groupby, len(groups.cat.categories)),
        codes=codes,
        drawn=drawn,
        umap=_umap(adata, drawn, seed),
        batch_key=batch_key or recorded_batch_key(adata),
        associations=table,
    )


def _given(obs: pd.DataFrame, groupby: str, codes: np.ndarray, n: int) -> list[str]:
    """The commonest name of each cluster's cells."""
    if f"{groupby}_name" not in obs:
        return [""] * n
    names = obs[f"{groupby}_name"].astype("category")
    known = names.notna().to_numpy() & (codes >= 0)
    table = np.zeros((n, len(names.cat.categories) + 1), dtype=np.int64)
    np.add.at(table, (codes[known], names.cat.codes.to_numpy()[known]), 1)
    return [str(names.cat.categories[row.argmax()]) if row.any() else "" for row in table]


def _umap(adata: AnnData, drawn: np.ndarray, seed: int) -> np.ndarray:
    for key in _LAYOUTS:
        layout = stored(adata, "obsm", key)
        if layout is not None and layout.shape[1] > 1:
            return layout[drawn, :2].astype(np.float32)
    x = stored(adata, "obsm", _keys.EMBEDDING, do="run sg.tl.embed(adata) or scrcl-geo run first")
    logger.info("no UMAP is stored: laying out %s cells", f"{len(drawn):,}")
    return umap(x[drawn], seed=seed)
