"""Fixed pipelines without a network: principal components, smoothed over the graph, clustered.

``pca:zscore:4:gmm`` takes 50 z-scored components, four hops and a tied mixture; ``three`` puts the three
transforms of :func:`scrcl_geo.pp.pca` side by side, 30 components each; a number behind a transform is the
number of components, such as ``log15``.
"""

import re

import numpy as np
from scipy import sparse

import scrcl_geo as sg
from scrcl_geo._pipeline import timed

SIDE_BY_SIDE = ("log", "zscore", "pearson")


def run(adata, n_clusters, seed, transform="log", n_hops="0", clusterer="kmeans"):
    """Labels and seconds per stage."""
    seconds = {}
    with timed("graph", seconds):
        sg.pp.graph(adata, **components(transform), seed=seed)
        space = "scrcl_spatial_connectivities" in adata.obsp
        adjacency = adata.obsp["scrcl_spatial_connectivities" if space else "scrcl_expression_connectivities"]
        x = adata.obsm["X_scrcl_pca"].astype(np.float64)
        closed = adjacency + sparse.eye(adata.n_obs)
        scale = sparse.diags(1 / np.sqrt(np.asarray(closed.sum(axis=1)).ravel()))
        for _ in range(int(n_hops)):
            x = scale @ (closed @ (scale @ x))
    with timed("cluster", seconds):
        labels = getattr(sg.cluster, clusterer)(x, n_clusters, seed=seed)
    return labels, seconds


def components(transform):
    """Arguments of ``pp.graph``: ``log`` 50 components, ``log15`` 15, ``three`` 30 of each transform."""
    name, number = re.fullmatch(r"([a-z]+)(\d*)", transform).groups()
    three = name == "three"
    return {"transforms": SIDE_BY_SIDE if three else (name,), "n_comps": int(number or (30 if three else 50))}
