"""
# Two conditions

Do domains grow or shrink between conditions? It takes replicates: samples are counted, never cells. No
labelled slides with two conditions and four animals each are at hand, so the conditions here are made from
real tissue, which has the advantage that the answer is known: four MERFISH sections of the mouse
hypothalamus ([Moffitt et al. 2018](https://doi.org/10.1126/science.aau5324)) are cut along the midline, and
the left halves are compared with the right ones. The brain is symmetric: nothing should differ. Then a
nucleus is thinned on one side.
"""

# %%
# One run for all sections.
import anndata as ad
import numpy as np

import scrcl_geo as sg

places = ("0.04", "0.09", "0.14", "0.19")
adata = ad.concat(
    {place: sg.datasets.load(f"MERFISH_hypothalamus_{place}") for place in places},
    label="section",
    index_unique="-",
)
regions = adata.obs.pop("domain")
sg.pp.graph(adata, batch_key="section")
sg.tl.embed(adata, progress=False)
sg.tl.cluster(adata, n_clusters=8)
print(f"ARI with the published regions: {sg.metrics.ari(regions, adata.obs['scrcl']):.2f}")
axes = sg.pl.spatial(adata, library_key="section", units="microns")

# %%
# Halves of the sections are the samples, sides the conditions. The field of view is centred on the midline.
x = adata.obsm["spatial"][:, 0]
by_section = adata.obs["section"].astype(str)
side = np.full(adata.n_obs, "left", dtype=object)
for place in places:
    cells = (by_section == place).to_numpy()
    side[cells & (x > (x[cells].min() + x[cells].max()) / 2)] = "right"
adata.obs["side"] = side
adata.obs["half"] = by_section + " " + side
adata.obs["half"].value_counts()

# %%
# **Nothing planted.** The adjusted p-value bounds the chance that any domain is called where none changes.
table = sg.tl.compare(adata, condition="side", sample="half")
table[["group", "share_reference", "share", "log2_change", "pvals", "pvals_adj"]].round(3)

# %%
# **Good:** nothing is called at .05, as it should be.
#
# **Weak:** one domain comes nearest. It is the fornix at the lower edge, and the pictures above show that the
# sections are cut slightly askew: there is more of it on the right. That is real, and no biology; a test
# knows no difference.
ax = sg.pl.comparison(adata)

# %%
# **A loss that is known.** Of the published nucleus BST, six of ten cells on the right are taken out. The
# labels say only where to plant; the domains are those found above.
rng = np.random.default_rng(0)
lost = (regions == "BST").to_numpy() & (side == "right") & (rng.random(adata.n_obs) < 0.6)
thinned = adata[~lost].copy()
table = sg.tl.compare(thinned, condition="side", sample="half")
table[["group", "share_reference", "share", "log2_change", "pvals", "pvals_adj"]].round(3)

# %%
# **Good:** the domain of BST comes first, with the size of the loss, and its unadjusted p-value is the
# smallest that four and four samples can give.
#
# **Weak:** adjusted for eight domains it is not below .05. Four samples of each condition are the fewest
# with which it can be at all, and a domain that differs for another reason makes the bar higher. Five or
# six animals are needed; [how much is found with how many](../biology.md#conditions). And halves of
# sections of one animal are four pairs at best: they stand in for animals here, and would not in a paper.
ax = sg.pl.comparison(thinned)
