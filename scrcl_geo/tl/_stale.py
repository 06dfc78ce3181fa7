"""What hangs on an embedding or on clusters, and goes when others come in their place."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys
from scrcl_geo._schema.result import stored

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

logger = logging.getLogger(__name__)

_NAMES = ("annotation", "annotation_scores", "name_colors")
_TABLES = ("comparison", "shares", "domain_composition", "domain_adjacency", "domain_shape")
OF_EMBEDDING = {
    "obsm": (_keys.REFINED, _keys.UMAP),
    "obsp": (_keys.RESULT_CONNECTIVITIES, _keys.RESULT_DISTANCES),
    "varm": (_keys.GENES,),
    "uns": (_keys.RESULTS, _keys.ASSOCIATIONS, _keys.NUMBER, _keys.PARTITIONS),
}
OF_NAMES = tuple(f"{_keys.CLUSTERS}_{what}" for what in _NAMES)
OF_CLUSTERS = tuple(f"{_keys.CLUSTERS}_{what}" for what in _TABLES)


def forget_clusters(adata: AnnData, key: str, clusters: pd.Series) -> None:
    """Take away what tells of a column's clusters, their names and tables, before other ``clusters`` come in
    their place; where they are the same, nothing."""
    if key not in adata.obs or adata.obs[key].astype(str).equals(clusters.astype(str)):
        return
    if f"{key}_annotation" in adata.uns:  # otherwise a column of names is the user's
        adata.obs.drop(columns=f"{key}_name", errors="ignore", inplace=True)
        for what in _NAMES:
            adata.uns.pop(f"{key}_{what}", None)
        logger.warning("the names of the clusters before are gone; name the new ones with sg.tl.annotate")
    tables = [name for name in (f"{key}_{what}" for what in _TABLES) if name in adata.uns]
    for name in tables:
        del adata.uns[name]
    if tables:
        logger.warning("tables of the clusters before are gone: %s", ", ".join(tables))


def forget_views(adata: AnnData) -> None:
    """Take away what was made of the embedding before: its plane and its partitions."""
    plane, shown = adata.obsm.pop(_keys.UMAP, None), adata.obsm.get(_keys.SHOWN_UMAP)
    if plane is not None and shown is not None and np.array_equal(plane, shown):
        del adata.obsm[_keys.SHOWN_UMAP]
    for column in partition_columns(adata, _keys.CLUSTERS):
        del adata.obs[column]
        adata.uns.pop(f"{column}_colors", None)
    adata.uns.pop(_keys.PARTITIONS, None)


def forget_result(adata: AnnData) -> None:
    """Take away all that a run left, before the embedding of another model comes in its place."""
    forget_views(adata)
    for slot, keys in OF_EMBEDDING.items():
        for key in keys:
            getattr(adata, slot).pop(key, None)


def partition_columns(adata: AnnData, key: str) -> set[str]:
    """Columns of an earlier :func:`partitions` that still have its clusters, or, in a part of the cells, no
    more of any; one that a user edited since is the user's."""
    earlier = stored(adata, "uns", f"{key}_partitions")
    if earlier is None or "stability" not in earlier:
        return set()
    sizes = earlier["stability"].set_index(["key", "group"])["n_cells"]
    return {
        column
        for column in earlier["keys"]
        if column in adata.obs and _within(adata.obs[column], sizes.loc[column].to_dict())
    }


def _within(column: pd.Series, sizes: dict[str, int]) -> bool:
    """Whether no value is more frequent than recorded."""
    counts = column.astype(str).value_counts()
    return all(n <= sizes.get(group, 0) for group, n in counts.items())
