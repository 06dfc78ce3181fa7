"""CellCharter as its tutorial runs it: a latent, its means over rings of neighbours, a mixture (``[bench]``).

``cellcharter`` uses 20 principal components of the log expression as the latent; ``cellcharter:scvi`` the
variational autoencoder of scvi-tools, which the tutorial uses for counts.
"""

import cellcharter as cc
import scanpy as sc
import squidpy as sq

from scrcl_geo._features.expression import log_expression
from scrcl_geo._features.values import detect_values
from scrcl_geo._pipeline import timed


def run(adata, n_clusters, seed, latent="pca"):
    """Labels and seconds per stage."""
    seconds = {}
    with timed("graph", seconds):
        sq.gr.spatial_neighbors(adata, coord_type="generic", delaunay=True)
        cc.gr.remove_long_links(adata)
    with timed("embed", seconds):
        adata.obsm["latent"] = (components if latent == "pca" else autoencoder)(adata, seed)
        cc.gr.aggregate_neighbors(adata, n_layers=3, use_rep="latent", out_key="X_cellcharter")
    with timed("cluster", seconds):
        model = cc.tl.Cluster(n_clusters, random_state=seed, trainer_params={"accelerator": "cpu"})
        model.fit(adata, use_rep="X_cellcharter")
        labels = model.predict(adata, use_rep="X_cellcharter")
    return labels, seconds


def components(adata, seed):
    """20 principal components of the log expression of at most 2,000 genes."""
    logged = adata.copy()
    logged.X = log_expression(adata.X, detect_values(adata.X))
    if logged.n_vars > 2000:
        sc.pp.highly_variable_genes(logged, n_top_genes=2000)
    sc.pp.pca(logged, n_comps=min(20, min(logged.shape) - 1), random_state=seed)
    return logged.obsm["X_pca"]


def autoencoder(adata, seed):
    """Latent of scVI on counts."""
    import scvi

    scvi.settings.seed = seed
    counts = adata.copy()
    if counts.n_vars > 2000:
        sc.pp.highly_variable_genes(counts, n_top_genes=2000, flavor="seurat_v3", subset=True)
    scvi.model.SCVI.setup_anndata(counts)
    model = scvi.model.SCVI(counts)
    model.train(accelerator="cpu", devices=1, enable_progress_bar=False)
    return model.get_latent_representation()
