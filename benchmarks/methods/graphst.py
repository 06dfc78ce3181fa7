"""GraphST at its defaults (600 epochs), then a tied Gaussian mixture on 20 components. Needs ``[bench]``.

Its own clusterer is mclust's EEE model in R; a Gaussian mixture with one shared covariance is the same model.
One training gives two rows: as clustered, and after GraphST's own smoothing of the labels over 50 neighbours.
"""

import torch
from GraphST.GraphST import GraphST
from GraphST.utils import refine_label

import scrcl_geo as sg
from scrcl_geo._pipeline import timed


def run(adata, n_clusters, seed):
    """Labels before and after smoothing, and seconds per stage."""
    seconds = {}
    adata.var_names_make_unique()
    with timed("embed", seconds):
        trained = GraphST(adata, device=torch.device("cpu"), random_seed=seed).train()
    with timed("cluster", seconds):
        labels = sg.cluster.gmm(trained.obsm["emb"], n_clusters, seed=seed)
    trained.obs["plain"] = labels
    return {"": labels, "+smoothing": refine_label(trained, radius=50, key="plain")}, seconds
