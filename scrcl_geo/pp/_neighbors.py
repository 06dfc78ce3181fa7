"""Expression neighbours of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo._features.expression import used_expression
from scrcl_geo._neighbors.balanced import balanced_distances
from scrcl_geo._neighbors.knn import connectivities, knn_distances
from scrcl_geo.train._runtime import resolve_device

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
    device: str = "auto",
    key_added: str = _keys.NEIGHBORS,
) -> None:
    """Nearest neighbours of each cell by expression: the ``similar_to`` edges.

    Written in scanpy's form, under a key of our own: a graph that is there stays as it is, and scanpy's tools
    read this one with ``neighbors_key="scrcl_expression"``.

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
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``: a GPU finds exact neighbours of any number of cells.
    key_added
        Key of ``uns`` and prefix of the keys of ``obsp``, as in scanpy.

    Returns
    -------
    None
        Writes ``obsp["scrcl_expression_connectivities"]`` (0/1) and ``obsp["scrcl_expression_distances"]``,
        float32 CSR (N, N), and ``uns["scrcl_expression"]``.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.select_genes(adata); sg.pp.pca(adata)
    >>> sg.pp.neighbors(adata, n_neighbors=5)
    >>> adata.obsp["scrcl_expression_distances"].nnz
    500
    """
    _validate.at_least("n_neighbors", n_neighbors, 1)
    if use_rep == "X":
        x = used_expression(adata).toarray()
    else:
        x = np.asarray(_validate.key(adata.obsm, use_rep, slot="obsm", do="run sg.pp.pca(adata) first"))
    where = resolve_device(device).type
    if batch_key is None:
        distances = knn_distances(x, n_neighbors, metric=metric, seed=seed, device=where)
    else:
        batch = checks.samples(adata, batch_key)
        distances = balanced_distances(x, batch, n_neighbors, metric=metric, device=where)
    keys = (f"{key_added}_connectivities", f"{key_added}_distances")
    adata.obsp[keys[0]] = connectivities(distances)
    adata.obsp[keys[1]] = distances
    adata.uns[key_added] = {
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
