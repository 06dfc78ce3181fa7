"""
Cell types without tissue
=========================

Dissociated cells: counts in, clusters and their genes out. A set such as 10x PBMC goes the same way;
``sg.read`` takes Cell Ranger's ``.h5`` file or its folder.
"""

# %%
# Data: cells without coordinates. With your own file: ``adata = sg.read("filtered_feature_bc_matrix.h5")``.
import scanpy as sc

import scrcl_geo as sg

adata = sg.datasets.toy(n_slides=1, n_cells=600, spatial=False)
adata

# %%
# Neighbours of cells by expression and of genes by co-expression, then training. No column of ``obs``
# is read.
sg.pp.graph(adata)
sg.tl.embed(adata, progress=False)
adata.obsm["X_scrcl"].shape

# %%
# The number of clusters is known here. Where it is not, ``sg.tl.estimate_clusters(adata)`` proposes one.
sg.tl.cluster(adata, n_clusters=5)
adata.obs["scrcl"].value_counts()

# %%
# Which genes make each cluster: a score in standard deviations of the permutation null.
table = sg.tl.associations(adata)
table.groupby("group").head(3)

# %%
ax = sg.pl.associations(adata, n_genes=4)

# %%
# The result is plain AnnData, so scanpy goes on from here.
sg.tl.umap(adata)
sc.tl.paga(adata, groups="scrcl", neighbors_key="scrcl")
ax = sg.pl.umap(adata)

# %%
# Only now, and only because these data have one: agreement with the annotation.
{name: round(value, 2) for name, value in sg.metrics.scores(adata.obs["domain"], adata.obs["scrcl"]).items()}
