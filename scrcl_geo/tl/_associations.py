"""Which genes make a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from scrcl_geo import _association_scores, _keys, _validate
from scrcl_geo._features.expression import used_expression

if TYPE_CHECKING:
    from anndata import AnnData


def associations(
    adata: AnnData,
    *,
    groupby: str = _keys.CLUSTERS,
    use_rep: str | None = None,
    n_genes: int | None = None,
    cell_scores: bool = False,
    key_added: str = _keys.GENES,
) -> pd.DataFrame:
    """Rank the genes of each cluster.

    The score is Wilcoxon's rank sum with the cells' memberships, read off the embedding, in place of the
    hard group: cells between clusters count for both. The p-value is that of the exact permutation null
    (cells of the gene shuffled, ties included). The clusters were found in the same data, so p-values
    rank genes; they do not prove a cluster.

    The association says where a gene lies in the embedding: the gene's own embedding is the mean of the
    cells that express it, weighted by expression, and its association with a cluster is the agreement with
    the cluster's centre. It names all cells that are like the cluster; the score sets the cluster apart.

    Parameters
    ----------
    adata
        With clusters and an embedding.
    groupby
        Column of ``obs`` with the clusters.
    use_rep
        Key of ``obsm``. By default the refined embedding for associations (``"X_scrcl"`` where there is none)
        and ``"X_scrcl"`` for memberships.
    n_genes
        Genes listed per cluster; None lists all in use.
    cell_scores
        Also write the association of each cell with each gene it expresses.
    key_added
        Key for the gene embeddings and, with ``_associations`` appended, the table and the scores.

    Returns
    -------
    pandas.DataFrame
        Columns ``group``, ``names``, ``scores`` (rank sum, standardised), ``association``, ``pvals``,
        ``pvals_adj`` (Benjamini–Hochberg within a cluster), by falling score within each group.
        Also written to ``uns["scrcl_associations"]``; gene embeddings to ``varm["scrcl"]`` float32
        (G, D), zero rows for genes not in use; with ``cell_scores``,
        ``layers["scrcl_associations"]`` float32 CSR (N, G).

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> table = sg.tl.associations(adata, groupby="domain", use_rep="X_pca", n_genes=3)
    >>> len(table)
    15
    """
    from scipy.stats import false_discovery_control

    groups = _validate.key(
        adata.obs, groupby, slot="obs", do="run sg.tl.cluster(adata) or name a column of clusters"
    ).astype("category")
    own_rep = use_rep is not None or _keys.EMBEDDING not in adata.obsm
    if use_rep is None:
        use_rep = _keys.REFINED if _keys.REFINED in adata.obsm else _keys.EMBEDDING
    cells = np.asarray(_validate.key(adata.obsm, use_rep, slot="obsm", do="run sg.tl.embed(adata) first"))
    expression = used_expression(adata)
    used = np.flatnonzero(adata.var[_keys.USED_GENES].to_numpy())
    genes = _association_scores.gene_embedding(expression, cells)
    if cell_scores:
        scores = _association_scores.cell_associations(expression, cells, genes)
    codes = groups.cat.codes.to_numpy()
    known, n_groups = codes >= 0, len(groups.cat.categories)
    place = cells if own_rep else np.asarray(adata.obsm[_keys.EMBEDDING])
    if not known.all():
        expression, cells, place, codes = (x[known] for x in (expression, cells, place, codes))
    belongs = _association_scores.memberships(place, codes, n_groups)
    found = _association_scores.marker_scores(expression, belongs)
    strength = _association_scores.cluster_associations(expression, cells, codes, n_groups)

    names = adata.var_names[used]
    tables = []
    for c, group in enumerate(groups.cat.categories):
        order = np.lexsort((np.arange(len(names)), -found.score[:, c]))[:n_genes]
        adjusted = false_discovery_control(found.pvalue[:, c])
        tables.append(
            pd.DataFrame(
                {
                    "group": str(group),
                    "names": names[order].astype(str),
                    "scores": found.score[order, c],
                    "association": strength[order, c],
                    "pvals": found.pvalue[order, c],
                    "pvals_adj": adjusted[order],
                }
            )
        )
    table = pd.concat(tables, ignore_index=True)
    table.index = table.index.astype(str)  # the form in which it reads back from .h5ad

    embedding = np.zeros((adata.n_vars, cells.shape[1]), np.float32)
    embedding[used] = genes
    adata.varm[key_added] = embedding
    adata.uns[f"{key_added}_associations"] = table
    if cell_scores:
        adata.layers[f"{key_added}_associations"] = _spread(scores, used, adata.n_vars)
    return table


def _spread(matrix: sparse.csr_matrix, used: np.ndarray, n_genes: int) -> sparse.csr_matrix:
    """Columns of the genes in use, put at their place among all genes."""
    shape = (matrix.shape[0], n_genes)
    return sparse.csr_matrix((matrix.data, used[matrix.indices], matrix.indptr), shape)
