"""
# Blood, with names from markers

3,774 cells of human blood, 10x, ten populations purified by antibodies before they were sequenced ([Zheng
et al. 2017](https://doi.org/10.1038/ncomms14049)): what a cell is was measured, not found by another
clustering. No tissue, so expression alone.
"""

# %%
# With your own cells: `adata = sg.read("filtered_feature_bc_matrix.h5")`, or the folder of Cell Ranger.
import pandas as pd

import scrcl_geo as sg

adata = sg.datasets.load("PBMC_FACS")
sorted_as = adata.obs.pop("cell_type")  # ten antibodies
sort_group = adata.obs.pop("facs_subpop")  # the same in five groups
sg.pp.graph(adata)
sg.tl.embed(adata, progress=False)

# %%
# Nobody tells the number of clusters here; it is estimated from how well separated they are.
sg.tl.cluster(adata)
adata.obs["scrcl"].value_counts()

# %%
# Names by marker genes: antigens that are the names of cells in the clinic, and the markers of scanpy's
# tutorial of blood. Two names, dendritic cells and platelets, are not in this tube.
markers = {
    "T cell": ["CD3D", "CD3E", "IL7R"],
    "B cell": ["CD19", "MS4A1", "CD79A"],
    "NK cell": ["NCAM1", "GNLY", "NKG7"],
    "CD14+": ["CD14", "LYZ", "S100A8"],
    "CD34+": ["CD34", "SPINK2", "GATA2"],
    "dendritic cell": ["FCER1A", "CST3"],
    "platelet": ["PPBP", "PF4"],
}
table = sg.tl.annotate(adata, markers)
table[["group", "name", "best", "score", "pvalue", "runner_up"]].round(2)

# %%
sg.tl.umap(adata)
adata.obs["purified as"] = sort_group
axes = sg.pl.umap(adata, color=["purified as", "scrcl_name"])

# %%
# Where is each purified population? Labels are read from here on.
print(f"ARI of the clusters with ten populations: {sg.metrics.ari(sorted_as, adata.obs['scrcl']):.2f}")
print(f"ARI of the clusters with five groups:     {sg.metrics.ari(sort_group, adata.obs['scrcl']):.2f}")
right = adata.obs["scrcl_name"].astype(str) == sort_group.astype(str)
print(f"cells whose name is right:                {right.mean():.1%}")
pd.crosstab(sorted_as, adata.obs["scrcl_name"])

# %%
# **Good:** the names are right for nearly all cells, and neither dendritic cells nor platelets are
# invented.
#
# **Weak:** all T cells are one cluster: with the number that is estimated here, helpers, memory,
# regulatory, naive and cytotoxic ones are not told apart. Antibodies tell the kinds apart by a few
# surface proteins, whose messengers are hardly seen in so shallow cells. And part of the cells purified by
# CD34 are named monocytes or B cells: the picture puts them there, too, so that it may be the purification
# rather than the clusters that is wrong. Nobody can say from the expression alone.
sg.tl.associations(adata)
ax = sg.pl.associations(adata, n_genes=4)
