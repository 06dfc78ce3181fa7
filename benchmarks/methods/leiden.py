"""What most people do: scanpy's log PCA, neighbours and Leiden."""

import scanpy as sc

import scrcl_geo as sg
from scrcl_geo._features.expression import log_expression
from scrcl_geo._features.values import detect_values
from scrcl_geo._pipeline import timed


def run(adata, n_clusters, seed):
    """Labels and seconds per stage; the resolution is searched where the number of clusters is given."""
    seconds = {}
    with timed("graph", seconds):
        adata.X = log_expression(adata.X, detect_values(adata.X))
        if adata.n_vars > 2000:
            sc.pp.highly_variable_genes(adata, n_top_genes=2000)
        sc.pp.pca(adata, n_comps=min(50, min(adata.shape) - 1), random_state=seed)
    with timed("cluster", seconds):
        labels = sg.cluster.leiden(adata.obsm["X_pca"], n_clusters, seed=seed)
    return labels, seconds
