"""scvi-tools: the latent of a variational autoencoder at its defaults, then k-means. Needs ``[bench]``."""

import scanpy as sc
import scvi

import scrcl_geo as sg
from scrcl_geo._pipeline import timed


def run(adata, n_clusters, seed):
    """Labels and seconds per stage; counts, at most 2,000 genes by Seurat's third rule, as its guide says."""
    seconds = {}
    scvi.settings.seed = seed
    with timed("graph", seconds):
        sc.pp.filter_genes(adata, min_cells=3)
        if adata.n_vars > 2000:
            sc.pp.highly_variable_genes(adata, n_top_genes=2000, flavor="seurat_v3", subset=True)
    with timed("embed", seconds):
        scvi.model.SCVI.setup_anndata(adata)
        model = scvi.model.SCVI(adata)
        model.train(accelerator="cpu", devices=1, enable_progress_bar=False)
        latent = model.get_latent_representation()
    with timed("cluster", seconds):
        labels = sg.cluster.kmeans(latent, n_clusters, seed=seed)
    return labels, seconds
