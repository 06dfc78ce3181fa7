"""
New cells
=========

A trained model gives new cells an embedding, one of the known clusters and a confidence, without training
again.
"""

# %%
import tempfile
from pathlib import Path

import scrcl_geo as sg

adata = sg.datasets.toy(n_slides=2, n_cells=500, overlap=True)
old = adata[adata.obs["slide"] == "slide_1"].copy()
new = adata[adata.obs["slide"] == "slide_2"].copy()

# %%
# Train on the first slide and keep what new cells need: weights, statistics and the training cells.
sg.pp.graph(old)
model = sg.ScRCL()
sg.tl.embed(old, model=model, progress=False)
sg.tl.cluster(old, 5)
folder = tempfile.TemporaryDirectory()
model.remember(old).save(Path(folder.name, "model"))

# %%
# Map the second slide. On the command line: ``scrcl-geo run OLD.h5ad --save-model DIR …`` and
# ``scrcl-geo map DIR NEW.h5ad --output MAPPED.h5ad``.
sg.tl.map(new, Path(folder.name, "model"))
new.obs[["scrcl", "scrcl_confidence", "scrcl_unknown"]].head()

# %%
ax = sg.pl.spatial(new)

# %%
folder.cleanup()
round(sg.metrics.ari(new.obs["domain"], new.obs["scrcl"]), 2)
