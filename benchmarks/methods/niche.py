"""squidpy's neighbourhood-profile niches on Leiden cell types; its resolution decides the number."""

import scanpy as sc
import squidpy as sq
from methods import leiden

from scrcl_geo._pipeline import timed


def run(adata, n_clusters, seed):
    """Labels and seconds per stage."""
    labels, seconds = leiden.run(adata, None, seed)
    adata.obs["type"] = [str(label) for label in labels]
    adata.obs["type"] = adata.obs["type"].astype("category")
    with timed("niche", seconds):
        sq.gr.spatial_neighbors_knn(adata, n_neighs=15)
        sc.settings.verbosity = 0
        sq.gr.calculate_niche(adata, flavor="neighborhood", groups="type", n_neighbors=15, resolutions=[0.5])
    column = next(c for c in adata.obs if c.startswith("nhood_niche"))
    return adata.obs[column], seconds
