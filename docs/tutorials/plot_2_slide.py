"""
One slide
=========

Tissue domains: what lies around a cell decides, not the cell alone.
"""

# %%
# A slide with coordinates in ``obsm["spatial"]``. Space Ranger and Xenium folders are read by ``sg.read``.
import squidpy as sq

import scrcl_geo as sg

adata = sg.datasets.toy(n_slides=1, n_cells=900)
sg.pp.graph(adata)  # sees the coordinates and builds spatial neighbours, too
sorted(adata.obsp)

# %%
sg.tl.embed(adata, progress=False)
sg.tl.cluster(adata, n_clusters=5)
ax = sg.pl.spatial(adata)

# %%
# Genes of each domain, and how training went.
sg.tl.associations(adata)
ax = sg.pl.associations(adata, n_genes=4)

# %%
ax = sg.pl.losses(adata)

# %%
# squidpy reads the result: which domains touch each other.
sq.gr.nhood_enrichment(
    adata, cluster_key="scrcl", connectivity_key="scrcl_spatial", seed=0, show_progress_bar=False
)
adata.uns["scrcl_nhood_enrichment"]["zscore"].round(1)
