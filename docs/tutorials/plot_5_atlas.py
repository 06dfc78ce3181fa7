"""
Many cells
==========

No N × N array exists anywhere; memory and training grow linearly with cells and edges. What helps with an
atlas is shown here on a small one.
"""

# %%
# What would a run cost? The command line asks the file before it does anything:
#
# .. code-block:: bash
#
#    scrcl-geo info atlas.h5ad
import scrcl_geo as sg

adata = sg.datasets.toy(n_slides=1, n_cells=2000, spatial=False)

# %%
# Fewer genes, components and neighbours cost little accuracy and much memory.
sg.pp.graph(adata, n_top_genes=150, n_comps=20, n_neighbors=10)

# %%
# A loss plateau stops the training; a bound on the epochs makes its time known.
# Above 20,000 cells, training takes mini-batches of connected cells by itself; here they are asked for.
model = sg.ScRCL(max_epochs=15, batch_size=1000)
sg.tl.embed(adata, model=model, progress=False)
adata.uns["scrcl"]["stopped"]

# %%
# k-means is linear in the cells; Leiden and the default cost more.
sg.tl.cluster(adata, 5, method="kmeans")
adata.obs["scrcl"].value_counts()
