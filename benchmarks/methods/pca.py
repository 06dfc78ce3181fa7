"""Fixed pipelines without a network: principal components, smoothed over the graph, clustered."""

import numpy as np
from scipy import sparse

import scrcl_geo as sg
from scrcl_geo._pipeline import timed


def run(adata, n_clusters, seed, transform="log", n_hops="0", clusterer="kmeans"):
    """Labels and seconds per stage; ``pca:zscore:4:gmm`` smooths z-scored components four hops."""
    seconds = {}
    with timed("graph", seconds):
        sg.pp.graph(adata, transforms=[transform], n_comps=50, seed=seed)
        space = "spatial_connectivities" in adata.obsp
        adjacency = adata.obsp["spatial_connectivities" if space else "connectivities"]
        x = adata.obsm["X_pca"].astype(np.float64)
        closed = adjacency + sparse.eye(adata.n_obs)
        scale = sparse.diags(1 / np.sqrt(np.asarray(closed.sum(axis=1)).ravel()))
        for _ in range(int(n_hops)):
            x = scale @ (closed @ (scale @ x))
    with timed("cluster", seconds):
        labels = getattr(sg.cluster, clusterer)(x, n_clusters, seed=seed)
    return labels, seconds
