"""Expression neighbours of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo._features.expression import used_expression
from scrcl_geo._neighbors.balanced import balanced_distances
from scrcl_geo._neighbors.knn import connectivities, knn_distances

if TYPE_CHECKING:
    from anndata import AnnData


def neighbors(
    adata: AnnData,
    *,
    n_neighbors: int = 15,
    use_rep: str = _keys.PCA,
    metric: str = "cosine",
    batch_key: str | None = None,
    seed: int = 0,
    key_added: str | None = None,
) -> None:
    """Nearest neighbours of each cell by expression: the ``similar_to`` edges.

    Written in scanpy's form, so that ``sc.tl.umap``, ``sc.tl.leiden`` and ``sc.tl.paga`` read it.

    Parameters
    ----------
    n_neighbors
        Neighbours per cell, the cell itself not counted; the graph is then made symmetric.
    use_rep
        Key of ``obsm`` to measure distances in, or ``"X"`` for the log expression of the genes in use.
    metric
        ``"cosine"``, as in the paper, or ``"euclidean"``.
    batch_key
        Column of ``obs`` with the sample: a cell then has equally many neighbours in each sample, so that the
        graph crosses them (after Polański et al., Bioinformatics 2020).
    seed
        Of approximate neighbours.
    key_added
        Prefix of the keys, as in scanpy.

    Returns
    -------
    None
        Writes ``obsp["connectivities"]`` (0/1) and ``obsp["distances"]``, float32 CSR (N, N), and
        ``uns["neighbors"]``.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.select_genes(adata); sg.pp.pca(adata)
    >>> sg.pp.neighbors(adata, n_neighbors=5)
    >>> adata.obsp["distances"].nnz
    500
    """
    _validate.at_least("n_neighbors", n_neighbors, 1)
    if use_rep == "X":
        x = used_expression(adata).toarray()
    else:
        x = np.asarray(_validate.key(adata.obsm, use_rep, slot="obsm", do="run sg.pp.pca(adata) first"))
    if batch_key is None:
        distances = knn_distances(x, n_neighbors, metric=metric, seed=seed)
    else:
        batch = checks.samples(adata, batch_key)
        distances = balanced_distances(x, batch, n_neighbors, metric=metric)
    prefix = f"{key_added}_" if key_added else ""
    keys = (prefix + _keys.CONNECTIVITIES, prefix + _keys.DISTANCES)
    adata.obsp[keys[0]] = connectivities(distances)
    adata.obsp[keys[1]] = distances
    adata.uns[key_added or _keys.NEIGHBORS] = {
        "connectivities_key": keys[0],
        "distances_key": keys[1],
        "params": {
            "n_neighbors": n_neighbors,
            "method": "knn",
            "metric": metric,
            "use_rep": use_rep,
            "random_state": seed,
        },
    }
