"""
# A Visium cortex

A section of human dorsolateral prefrontal cortex, Visium, 3,639 spots of 55 µm, seven published layers
([Maynard et al. 2021](https://doi.org/10.1038/s41593-020-00787-0)). Domains, the genes that make them, and
what to do with a domain that is none.
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
# The file has Ensembl identifiers. Symbols of the genes shown below make the figures readable.
symbols = {
    "ENSG00000162545": "CAMK2N1",
    "ENSG00000171617": "ENC1",
    "ENSG00000115756": "HPCAL1",
    "ENSG00000171476": "HOPX",
    "ENSG00000067715": "SYT1",
    "ENSG00000165023": "DIRAS2",
    "ENSG00000104888": "SLC17A7",
    "ENSG00000164919": "COX6C",
    "ENSG00000034510": "TMSB10",
    "ENSG00000171345": "KRT19",
    "ENSG00000197971": "MBP",
    "ENSG00000123560": "PLP1",
    "ENSG00000173786": "CNP",
    "ENSG00000109846": "CRYAB",
    "ENSG00000131095": "GFAP",
    "ENSG00000168314": "MOBP",
    "ENSG00000110484": "SCGB2A2",
    "ENSG00000124935": "SCGB1D2",
    "ENSG00000160182": "TFF1",
    "ENSG00000277586": "NEFL",
    "ENSG00000104722": "NEFM",
    "ENSG00000123416": "TUBA1B",
    "ENSG00000128245": "YWHAH",
    "ENSG00000173267": "SNCG",
    "ENSG00000154146": "NRGN",
    "ENSG00000183036": "PCP4",
    "ENSG00000132639": "SNAP25",
    "ENSG00000251562": "MALAT1",
    "ENSG00000110436": "SLC1A2",
    "ENSG00000185499": "MUC1",
    "ENSG00000160180": "TFF3",
    "ENSG00000160862": "AZGP1",
    "ENSG00000124939": "SCGB2A1",
    "ENSG00000111341": "MGP",
}
adata.var_names = [symbols.get(gene, gene) for gene in adata.var_names]

# %%
# Graphs of spots (by expression and on the slide) and of genes; training; seven clusters.
sg.pp.graph(adata)
sg.tl.embed(adata, progress=False)
sg.tl.cluster(adata, n_clusters=7)
genes = sg.tl.associations(adata)
ax = sg.pl.associations(adata, n_genes=4)

# %%
# Now the published layers, with the colours of found domains matched to them.
adata.obs["published layer"] = layers
print(f"ARI with the published layers: {sg.metrics.ari(layers, adata.obs['scrcl']):.2f}")
ax = sg.pl.spatial(adata, color=["published layer", "scrcl", "SCGB2A2"], match="published layer")

# %%
# **Good:** white matter, layer 1 and the bands between are where they should be, and their genes are those
# of oligodendrocytes (MBP, PLP1, MOBP), upper layers (ENC1, HPCAL1) and neurofilaments of the middle (NEFL,
# NEFM).
#
# **Weak:** one domain cuts across the layers at the lower right. Its first genes tell why: mammaglobin
# (SCGB2A2, [specific to the breast](https://pubmed.ncbi.nlm.nih.gov/8631025/)), its partner SCGB1D2 and the
# trefoil factor TFF1 are no genes of cortex, and on the right SCGB2A2 fills just this patch. How they came
# here is not known to us. A signal foreign to the tissue is structure all the same, and no method that
# reads the numbers alone can know that it is foreign. Whoever reads the table of genes can.
#
# Which genes go along with SCGB2A2 over the spots?
logs = adata.copy()
sc.pp.normalize_total(logs)
sc.pp.log1p(logs)
values = logs.X.toarray()
values -= values.mean(axis=0)
foreign = values[:, adata.var_names.get_loc("SCGB2A2")]
r = values.T @ foreign / (np.linalg.norm(values, axis=0) * np.linalg.norm(foreign) + 1e-9)
correlation = pd.Series(r, adata.var_names).sort_values(ascending=False)
correlation.head(10).round(2)

# %%
# Six genes of secreting epithelium, then a third secretoglobin and MBP, which is the tissue's own. Without
# the six, everything again:
clean = adata[:, (r <= 0.25)].copy()
sg.pp.graph(clean)
sg.tl.embed(clean, progress=False)
sg.tl.cluster(clean, n_clusters=7)
print(f"ARI without the foreign genes: {sg.metrics.ari(layers, clean.obs['scrcl']):.2f}")
ax = sg.pl.spatial(clean, color=["published layer", "scrcl"], match="published layer")

# %%
# **Good:** the patch is gone, and the bands run along the layers from one end of the section to the other.
#
# **Still weak:** layer 2 and the outer half of layer 3 share a domain, layer 4, three spots wide, has none
# of its own, and a band between layer 6 and white matter, which the annotators did not draw, has one.
pd.crosstab(layers, clean.obs["scrcl"])
