"""Names for clusters: from marker genes, or given by hand."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo.tl._markers import MarkerScores, as_markers, marker_scores

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)


def annotate(
    adata: AnnData,
    markers: Any,
    *,
    groupby: str = _keys.CLUSTERS,
    max_pvalue: float = 0.2,
    n_permutations: int = 1000,
    key_added: str = _keys.CLUSTERS,
    seed: int = 0,
) -> pd.DataFrame:
    """Name clusters by marker genes, or ``"unknown"`` where none of the names fits.

    A gene's contrast is its mean log expression in the cluster less that of all clusters, in standard
    deviations between clusters, times the share of their variance that is not chance. The score of a name is
    the mean contrast of its markers above that of all genes, in standard errors. A cluster is ``"unknown"``
    where its best score is not above what the same table reaches with its genes exchanged at random: the
    p-value is the share of such tables in which any name scores as high. A cluster that is none of these is
    thus named with a chance of ``max_pvalue`` at most. Where the names are known to be complete, 1 names
    every cluster that any of them fits better than genes at large.

    Several clusters may get one name. The more genes are measured and the more markers each name has, the
    more there is to tell by: a panel of 150 genes with three markers a name is little.

    Parameters
    ----------
    markers
        Marker genes by name: a dict of lists, or of dicts of genes and weights (below 0 for a gene that
        should be absent); a DataFrame with columns ``name`` and ``gene``, and ``weight`` if wanted
        (decoupler's ``source`` and ``target`` are read too); or a file, ``.gmt`` or such a table as text.
    groupby
        Column of ``obs`` with the clusters.
    max_pvalue
        Largest p-value with which a cluster is named.
    n_permutations
        Tables with genes exchanged.
    key_added
        What the results are named after.
    seed
        Of the exchanges.

    Returns
    -------
    pandas.DataFrame
        A row per cluster: ``group``; ``name``; ``best``, the best name even where the cluster is unknown, its
        ``score`` and ``pvalue``; ``runner_up`` and ``runner_up_score``; ``markers``, the measured markers of
        the best name, the most telling first; ``source``, ``"markers"``. Also written to
        ``uns["scrcl_annotation"]``; the name of each cell to ``obs["scrcl_name"]`` (categorical), all scores
        to ``uns["scrcl_annotation_scores"]`` (DataFrame ``group``, ``name``, ``score``, ``n_markers``).

    Raises
    ------
    ScrclInputError
        No clusters, no readable markers, or none among the genes.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=300)
    >>> markers = {f"outer {d}": [f"marker_{d}_{10 * (d - 1) + g}" for g in range(5)] for d in (1, 2)}
    >>> table = sg.tl.annotate(adata, markers, groupby="domain")
    >>> table["name"].tolist()
    ['outer 1', 'outer 2', 'unknown', 'unknown', 'unknown']
    """
    groups = _clusters(adata, groupby)
    _validate.within("max_pvalue", max_pvalue, 0, 1)
    _validate.at_least("n_permutations", n_permutations, 1)
    checks.data_matrix(adata, _layer(adata))
    table = as_markers(markers)
    categories = [str(name) for name in groups.cat.categories]
    found = marker_scores(
        adata,
        groups.cat.codes.to_numpy(),
        len(categories),
        table,
        n_permutations=n_permutations,
        seed=seed,
    )
    missing = [name for name in table if name not in found.names]
    if missing:
        logger.warning("no marker is measured of %s", _validate.shown(missing))
    result = _best(found, categories, max_pvalue)
    sizes = np.diff(found.weights.indptr)
    scores = pd.DataFrame(
        {
            "group": np.repeat(categories, len(found.names)),
            "name": found.names * len(categories),
            "score": found.scores.ravel(),
            "n_markers": np.tile(sizes, len(categories)),
        }
    )
    scores.index = scores.index.astype(str)
    adata.uns[f"{key_added}_annotation_scores"] = scores
    _write(adata, groups, result, [*found.names, _keys.UNKNOWN], key_added)
    return result


def rename(
    adata: AnnData,
    names: Mapping[str, str],
    *,
    groupby: str = _keys.CLUSTERS,
    key_added: str = _keys.CLUSTERS,
) -> pd.DataFrame:
    """Name clusters by hand; those not mentioned keep the name that they have.

    Parameters
    ----------
    names
        Name of each cluster. Several clusters may get one name.
    groupby
        Column of ``obs`` with the clusters.
    key_added
        What the results are named after.

    Returns
    -------
    pandas.DataFrame
        As of :func:`annotate`, ``source`` being ``"by hand"``. Also written to
        ``uns["scrcl_annotation"]``; the name of each cell to ``obs["scrcl_name"]`` (categorical).

    Raises
    ------
    ScrclInputError
        A cluster that does not exist, or an empty name.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> table = sg.tl.rename(adata, {"layer_1": "outermost"}, groupby="domain")
    >>> table["name"].tolist()
    ['outermost', 'unknown', 'unknown', 'unknown', 'unknown']
    """
    groups = _clusters(adata, groupby)
    categories = [str(name) for name in groups.cat.categories]
    for cluster, name in names.items():
        if str(cluster) not in categories:
            found = _validate.shown(categories, 30)
            raise _validate.fail(f"there is no cluster {str(cluster)!r} to name", found, "name one of them")
        if not str(name).strip():
            raise _validate.fail(f"the name of cluster {str(cluster)!r} is empty", repr(name), "give one")
    earlier = adata.uns.get(f"{key_added}_annotation")
    if earlier is not None and list(earlier["group"]) == categories:
        result = earlier.copy()
    else:  # none, or one of other clusters
        adata.uns.pop(f"{key_added}_annotation_scores", None)
        result = pd.DataFrame({"group": categories, "name": _keys.UNKNOWN, "source": ""})
    by_hand = {str(cluster): str(name).strip() for cluster, name in names.items()}
    named = result["group"].isin(list(by_hand))
    result["name"] = result["group"].map(by_hand).fillna(result["name"].astype(object))
    result["source"] = np.where(named, "by hand", result["source"].astype(object))
    _write(adata, groups, result, list(dict.fromkeys(result["name"])), key_added)
    return result


def _best(found: MarkerScores, categories: list[str], max_pvalue: float) -> pd.DataFrame:
    """A row per cluster: its name, the best and the second, and what they rest on."""
    names = np.array([*found.names, ""], dtype=object)
    order = np.argsort(-found.scores, axis=1, kind="stable")
    best, alone = order[:, 0], found.scores.shape[1] == 1
    second = np.full_like(best, -1) if alone else order[:, 1]
    rows = np.arange(len(categories))
    named = (found.pvalues <= max_pvalue) & (found.scores[rows, best] > 0)
    return _with_text_index(
        pd.DataFrame(
            {
                "group": categories,
                "name": np.where(named, names[best], _keys.UNKNOWN),
                "best": names[best],
                "score": found.scores[rows, best],
                "pvalue": found.pvalues,
                "runner_up": names[second],
                "runner_up_score": np.nan if alone else found.scores[rows, second],
                "markers": [_telling(found, k, t) for k, t in enumerate(best)],
                "source": "markers",
            }
        )
    )


def _telling(found: MarkerScores, cluster: int, name: int) -> str:
    """Measured markers of a name, those that speak most for it in a cluster first."""
    row = found.weights[[name]]
    order = np.argsort(-found.contrast[cluster, row.indices] * row.data, kind="stable")
    return ", ".join(found.genes[row.indices[order]])


def _write(adata: AnnData, groups: pd.Series, table: pd.DataFrame, order: list[str], key: str) -> None:
    table = _with_text_index(table)
    names = dict(zip(table["group"], table["name"], strict=True))
    present = [name for name in dict.fromkeys(order) if name in set(table["name"])]
    of_cells = groups.astype(object).map(lambda group: names[str(group)], na_action="ignore")
    adata.obs[f"{key}_name"] = pd.Categorical(of_cells, categories=present)
    adata.uns[f"{key}_annotation"] = table


def _with_text_index(table: pd.DataFrame) -> pd.DataFrame:
    table.index = table.index.astype(str)  # the form in which it reads back from .h5ad
    return table


def _clusters(adata: AnnData, groupby: str) -> pd.Series:
    do = "run sg.tl.cluster(adata) or name a column of clusters"
    column = _validate.key(adata.obs, groupby, slot="obs", do=do).astype("category")
    return column.cat.remove_unused_categories()


def _layer(adata: AnnData) -> str | None:
    layer = adata.uns.get(_keys.GRAPH_PARAMS, {}).get("layer")
    return layer if layer and layer in adata.layers else None
