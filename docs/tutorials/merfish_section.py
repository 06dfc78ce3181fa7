"""
# A MERFISH section

Mouse hypothalamus, MERFISH, 5,926 cells and 155 genes ([Moffitt et al.
2018](https://doi.org/10.1126/science.aau5324)): single cells instead of spots, a small panel, and values
that are no counts. What domains are made of, which touch, and how they look.
"""

# %%
# Values were divided by the volume of each cell. That is told by the numbers, and the log would say so; to
# state it, `sg.pp.graph(adata, values="normalized")`.
import pandas as pd

import scrcl_geo as sg

adata = sg.datasets.load("MERFISH_hypothalamus_0.14")
regions = adata.obs.pop("domain")  # for the score
types = adata.obs.pop("cell_type")  # published types of cells, for the composition
sg.pp.graph(adata)
sg.tl.embed(adata, progress=False)
sg.tl.cluster(adata, n_clusters=8)
adata.obs["scrcl"].value_counts()

# %%
adata.obs["published region"] = regions
print(f"ARI with the published regions: {sg.metrics.ari(regions, adata.obs['scrcl']):.2f}")
ax = sg.pl.spatial(adata, color=["published region", "scrcl"], match="published region", units="microns")

# %%
# **Good:** the third ventricle (V3), the fornix (fx), the paraventricular thalamus (PVT) and the bed
# nucleus (BST) are found on both sides of the midline, with sharp borders, and so are their genes: Mbp and
# Ermn of myelin in the fornix, Cd24a and Mlc1 around the ventricle, Esr1 in the preoptic nucleus.
genes = sg.tl.associations(adata)
ax = sg.pl.associations(adata, n_genes=3, scale="row")

# %%
# **Weak:** the paraventricular nucleus (PVH) has no domain of its own; it goes with the preoptic area (MPA),
# as does the outer part of its nucleus (MPN), whose inner part is with the periventricular nucleus (PV). The
# two smallest domains are a fringe around the fornix and three patches, two of them on the left without a
# twin on the right: since the brain is symmetric, they deserve doubt, and so do parts far from each
# other. Rows are published regions, columns found domains.
pd.crosstab(regions, adata.obs["scrcl"])

# %%
# What the domains are made of: types of cells in each, and how much more there are than elsewhere. The
# domain of the ventricle is ependymal cells, that of the fornix mature oligodendrocytes.
adata.obs["cell_type"] = types
composition = sg.tl.domain_composition(adata, "cell_type")
ax = sg.pl.domain_composition(adata)

# %%
# Which domains touch: squidpy's neighbourhood enrichment on the cells' neighbours in the tissue.
sg.tl.domain_adjacency(adata)
ax = sg.pl.domain_adjacency(adata)

# %%
# And their shapes, in the units of the coordinates.
sg.tl.domain_shape(adata).round(2)
