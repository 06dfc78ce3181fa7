"""
# A Visium cortex

A section of human dorsolateral prefrontal cortex, Visium, 3,639 spots of 55 µm, seven published layers
([Maynard et al. 2021](https://doi.org/10.1038/s41593-020-00787-0)). Domains, the genes that make them, and
what to do with a signal that is foreign.
"""

# %%
# The annotation is taken out at once and comes back for the score alone. Your own Space Ranger folder:
# `adata = sg.read("outs")`.
import numpy as np
import pandas as pd
import scanpy as sc

import scrcl_geo as sg

adata = sg.datasets.load("DLPFC_151673")
layers = adata.obs.pop("domain")
adata

# %%
# Graphs of spots (by expression and on the slide) and of genes; training; seven clusters. The file has
# Ensembl identifiers alone. Where `var` has symbols, too (`gene_symbols`), tables and this figure show them.
sg.pp.graph(adata)
sg.tl.embed(adata, progress=False)
sg.tl.cluster(adata, n_clusters=7)
genes = sg.tl.associations(adata)
ax = sg.pl.associations(adata, n_genes=4)

# %%
# Now the published layers, with the colours of found domains matched to them, and one gene.
mammaglobin = "ENSG00000110484"
adata.obs["published layer"] = layers
print(f"ARI with the published layers: {sg.metrics.ari(layers, adata.obs['scrcl']):.2f}")
ax = sg.pl.spatial(adata, color=["published layer", "scrcl", mammaglobin], match="published layer")

# %%
# **Good:** layers are layers: layer 1, 5 and 6 and white matter lie where they should, each in one piece. The
# first genes of white matter are those of myelin, such as
# [ENSG00000123560](https://www.ensembl.org/id/ENSG00000123560) (PLP1).
#
# **Weak:** layer 4, two spots wide, goes with layer 3, of which layer 2 takes a third, and the border of
# white matter and layer 6 is a domain of its own, since seven are asked for.
#
# **Foreign:** [ENSG00000110484](https://www.ensembl.org/id/ENSG00000110484) is mammaglobin (SCGB2A2),
# [specific to the breast](https://pubmed.ncbi.nlm.nih.gov/8631025/), and
# [ENSG00000124935](https://www.ensembl.org/id/ENSG00000124935) its partner SCGB1D2. These are no genes of
# cortex, and on the right mammaglobin fills a patch. How they came here is not known to us. They are the 26th
# and 39th of 2,000 genes of domain 1, layer 6, whose end lies in that patch. Here they move no border, but a
# signal foreign to the tissue is structure all the same, and no method that reads the numbers alone can know
# that it is foreign. Whoever reads the table of genes can.
#
# Which genes go along with it over the spots?
logs = adata.copy()
sc.pp.normalize_total(logs)
sc.pp.log1p(logs)
values = logs.X.toarray()
values -= values.mean(axis=0)
foreign = values[:, adata.var_names.get_loc(mammaglobin)]
r = values.T @ foreign / (np.linalg.norm(values, axis=0) * np.linalg.norm(foreign) + 1e-9)
correlation = pd.Series(r, adata.var_names).sort_values(ascending=False)
correlation.head(10).round(2)

# %%
# Six genes stand out; [MUC1](https://www.ensembl.org/id/ENSG00000185499) and the trefoil factor
# [TFF1](https://www.ensembl.org/id/ENSG00000160182) are two of them, genes of epithelium that secretes. MBP,
# which is the tissue's own, is below. `adata[:, r <= 0.25].copy()` is the slide without the six, to be run
# again. Rows are published layers, columns the domains found with all genes.
pd.crosstab(layers, adata.obs["scrcl"])
