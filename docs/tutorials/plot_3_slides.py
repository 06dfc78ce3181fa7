"""
Several slides
==============

Slides are stacked in one AnnData; ``batch_key`` names the column that tells them apart. No spatial edge joins
two slides, so their coordinates may overlap, and all slides share one set of domains.
"""

# %%
import scrcl_geo as sg

adata = sg.datasets.toy(n_slides=2, n_cells=500, overlap=True)
sg.pp.graph(adata, batch_key="slide")
sg.tl.embed(adata, progress=False)
sg.tl.cluster(adata, n_clusters=5)

# %%
# The same domains on both slides:
import pandas as pd

pd.crosstab(adata.obs["slide"], adata.obs["scrcl"])

# %%
# Coordinates overlap here, so one slide is drawn at a time.
ax = sg.pl.spatial(adata[adata.obs["slide"] == "slide_1"].copy())

# %%
ax = sg.pl.spatial(adata[adata.obs["slide"] == "slide_2"].copy())
