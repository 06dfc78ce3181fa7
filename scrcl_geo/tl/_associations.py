"""Which genes make a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from scrcl_geo import _keys, _validate
from scrcl_geo._associations import scores
from scrcl_geo._associations.rank_sums import rank_sums
from scrcl_geo._features import checks
from scrcl_geo._features.expression import log_expression, used_expression
from scrcl_geo._features.rows import in_memory
from scrcl_geo._features.symbols import gene_symbols
from scrcl_geo._schema.result import stored
from scrcl_geo.tl._rep import rep_of

if TYPE_CHECKING:
    from anndata import AnnData


def associations(
    adata: AnnData,
    *,
    groupby: str = _keys.CLUSTERS,
    use_rep: str | None = None,
    batch_key: str | None = None,
    tested: AnnData | None = None,
    n_genes: int | None = None,
    cell_scores: bool = False,
    key_added: str = _keys.GENES,
) -> pd.DataFrame:
    """Rank the genes of each cluster.

    The score is Wilcoxon's rank sum of the cluster's cells against all others, within samples where there are
    several; the p-value is the chance of one as large when the labels are permuted within samples
    (:func:`scrcl_geo._associations.rank_sums.rank_sums`). It is valid for labels that were not found in the
    same expression. Clusters of this package were: for these, p-values rank genes and are descriptive. Pass
    the other half of the counts, kept out of the clustering by :func:`scrcl_geo.pp.split_counts`, as
    ``tested`` for p-values that hold.

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
        Key of ``obsm``; by default the refined embedding, or ``"X_scrcl"`` where there is none.
    batch_key
        Column of ``obs`` with the sample of each cell; by default the one that the graph was made with.
    tested
        The same cells and genes with other counts, on which scores and p-values are taken.
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
        ``pvals_adj`` (Benjamini–Hochberg within a cluster), by falling score within each group; ``symbols``
        too, where ``var`` has a column of them, such as ``gene_symbols``.
        Also written to ``uns["scrcl_associations"]``; gene embeddings to ``varm["scrcl"]`` float32
        (G, D), zero rows for genes not in use; with ``cell_scores``,
        ``layers["scrcl_associations"]`` float32 CSR (N, G).

    Raises
    ------
    ScrclInputError
        No clusters or embedding, or ``tested`` has other cells or genes.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> table = sg.tl.associations(adata, groupby="domain", use_rep="X_scrcl_pca", n_genes=3)
    >>> len(table)
    15
    """
    from scipy.stats import false_discovery_control

    do = "run sg.tl.cluster(adata) or name a column of clusters"
    groups = _validate.groups(_validate.key(adata.obs, groupby, slot="obs", do=do), groupby)
    if use_rep is None:
        use_rep = _keys.REFINED if _keys.REFINED in adata.obsm else _keys.EMBEDDING
    cells = rep_of(adata, use_rep)
    batch_key = batch_key or checks.recorded_batch_key(adata)
    samples = None if batch_key is None else checks.samples(adata, batch_key)
    expression = used_expression(adata)
    used = np.flatnonzero(stored(adata, "var", _keys.USED_GENES))
    genes = scores.gene_embedding(expression, cells)
    codes = groups.cat.codes.to_numpy()
    known, n_groups = codes >= 0, len(groups.cat.categories)
    of_known = expression if known.all() else expression[known]  # a copy is as large as the matrix
    strength = scores.cluster_associations(of_known, cells[known], codes[known], n_groups)
    found = rank_sums(
        of_known if tested is None else _of_the_same(adata, tested)[known],
        codes[known],
        n_groups,
        None if samples is None else samples[known],
    )

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
    symbols = gene_symbols(adata.var)
    if symbols is not None:
        table.insert(2, "symbols", symbols[table["names"]].to_numpy())
    table.index = table.index.astype(str)  # the form in which it reads back from .h5ad

    embedding = np.zeros((adata.n_vars, cells.shape[1]), np.float32)
    embedding[used] = genes
    adata.varm[key_added] = embedding
    adata.uns[f"{key_added}_associations"] = table
    if cell_scores:
        per_cell = scores.cell_associations(expression, cells, genes)
        adata.layers[f"{key_added}_associations"] = _spread(per_cell, used, adata.n_vars)
    return table


def _of_the_same(adata: AnnData, tested: AnnData) -> sparse.csr_matrix:
    """Log expression of the genes in use, from other counts of the same cells and genes."""
    for axis, one, other in (
        ("cells", adata.obs_names, tested.obs_names),
        ("genes", adata.var_names, tested.var_names),
    ):
        if not one.equals(other):
            raise _validate.fail(
                f"tested has other {axis}",
                f"{len(other):,} against {len(one):,}",
                "pass both halves of sg.pp.split_counts(adata)",
            )
    params = adata.uns[_keys.GRAPH_PARAMS]
    matrix = tested.layers[params["layer"]] if params["layer"] else tested.X
    used = adata.var[_keys.USED_GENES].to_numpy(dtype=bool)
    values, totals = in_memory(matrix, used)
    return log_expression(values, params["values"], target_sum=params.get("target_sum"), totals=totals)


def _spread(matrix: sparse.csr_matrix, used: np.ndarray, n_genes: int) -> sparse.csr_matrix:
    """Columns of the genes in use, put at their place among all genes."""
    shape = (matrix.shape[0], n_genes)
    return sparse.csr_matrix((matrix.data, used[matrix.indices], matrix.indptr), shape)
