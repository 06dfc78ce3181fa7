"""
# Several STARmap slides, and a new one

Mouse prefrontal cortex, STARmap, two mice, 166 genes ([Wang et al.
2018](https://doi.org/10.1126/science.aat5691)), four published layers. First both slides are analysed
together; then one is kept aside and mapped with a model of the other.
"""

# %%
# Slides are stacked, `batch_key` names the column that tells them apart. No spatial edge joins two slides,
# so their coordinates may overlap, and all share one set of domains.
import tempfile
from pathlib import Path

import anndata as ad
import pandas as pd

import scrcl_geo as sg

slides = {name: sg.datasets.load(f"STARmap_mPFC_{name}") for name in ("BZ5", "BZ9")}
adata = ad.concat(slides, label="slide", index_unique="-")
layers = adata.obs.pop("domain").map({"1": "L1", "2": "L2/3", "3": "L5", "4": "L6"}).astype("category")
sg.pp.graph(adata, batch_key="slide")
sg.tl.embed(adata, progress=False)
sg.tl.cluster(adata, n_clusters=4)

# %%
# Each row is a colour, each column a slide, with one scale in a row.
adata.obs["published layer"] = layers
print(f"ARI with the published layers: {sg.metrics.ari(layers, adata.obs['scrcl']):.2f}")
axes = sg.pl.spatial(adata, color=["published layer", "scrcl"], library_key="slide", match="published layer")

# %%
# **Good:** the four layers are found on both slides, with the same names, and most cells agree.
#
# **Weak:** at each border some cells are on the other side, most between L5 and L6, where neighbouring
# cells differ little. Two mice are no replicates of anything yet.
pd.crosstab([adata.obs["slide"], layers], adata.obs["scrcl"])

# %%
# The genes of each domain, on both slides together; a dot plot shows them by scanpy's means.
sg.tl.associations(adata)
ax = sg.pl.dotplot(adata, standard_scale="var")

# %%
# ## A new slide
#
# Train on BZ5 alone and keep what new cells need. On the command line: `scrcl-geo run BZ5.h5ad --save-model
# DIR ...` and `scrcl-geo map DIR BZ9.h5ad --output mapped.h5ad`.
old, new = slides["BZ5"].copy(), slides["BZ9"].copy()
known, truth = old.obs.pop("domain"), new.obs.pop("domain")
sg.pp.graph(old)
model = sg.ScRCL()
sg.tl.embed(old, model=model, progress=False)
sg.tl.cluster(old, n_clusters=4)
with tempfile.TemporaryDirectory() as folder:
    model.remember(old).save(Path(folder, "model"))
    sg.tl.map(new, Path(folder, "model"))
new.obs[["scrcl", "scrcl_confidence", "scrcl_unknown"]].head()

# %%
# Labels are compared only now. The mapped slide was not trained on.
print(f"BZ5, trained on: ARI {sg.metrics.ari(known, old.obs['scrcl']):.2f}")
print(f"BZ9, mapped:     ARI {sg.metrics.ari(truth, new.obs['scrcl']):.2f}")
ax = sg.pl.spatial(new, color=["scrcl", "scrcl_confidence"])

# %%
# **Good:** the layers of a mouse that the model never saw, with the lowest confidence along their borders.
#
# **Weak:** it is somewhat below what both slides together reach.
# Confidence says how sure the classifier is among the known domains; whether a cell belongs to none of them
# is the other column, `scrcl_unknown`:
round(float(new.obs["scrcl_unknown"].mean()), 3)
