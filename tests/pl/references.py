"""The figures that are compared with reference images; as a script, it draws these images anew."""

from pathlib import Path

import anndata as ad
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import scrcl_geo as sg

IMAGES = Path(__file__).parent / "images"


def slide():
    """A small result in which nothing was drawn at random or trained, so that it is the same everywhere."""
    x, y = np.meshgrid(np.arange(12.0), np.arange(9.0))
    layer = (y.ravel() // 3).astype(int)
    genes = np.arange(6)
    counts = 1 + 5 * (genes // 2 == layer[:, None]) + (x.ravel().astype(int)[:, None] + genes) % 3
    adata = ad.AnnData(counts.astype(np.float32), var=pd.DataFrame(index=[f"Gene{g}" for g in genes]))
    adata.obs["layer"] = pd.Categorical.from_codes(layer, ["outer", "middle", "inner"])
    shifted = np.where(x.ravel() < 1, (layer + 1) % 3, layer)
    adata.obs["scrcl"] = pd.Categorical.from_codes(shifted, ["0", "1", "2"], ordered=True)
    adata.obsm["spatial"] = np.c_[x.ravel(), y.ravel()]
    adata.obsm["X_scrcl_umap"] = np.c_[x.ravel() + 20 * layer, y.ravel()]
    adata.obsm["X_scrcl"] = np.eye(3, dtype=np.float32)[layer] + x.ravel()[:, None].astype(np.float32) / 50
    adata.varm["scrcl"] = (np.eye(3, dtype=np.float32)[genes // 2] - 1 / 3) * 0.5
    rows = [(str(c), f"Gene{g}", 4.0 if g // 2 == c else -2.0 + g / 6) for c in range(3) for g in genes]
    table = pd.DataFrame(rows, columns=["group", "names", "scores"])
    adata.uns["scrcl_associations"] = table.sort_values(["group", "scores"], ascending=[True, False])
    epochs = np.arange(1.0, 21.0)
    losses = pd.DataFrame({"alignment": 1 / epochs, "consistency": 0.3 + 0.5 / epochs})
    adata.uns["scrcl"] = {"losses": losses}
    numbers = pd.DataFrame({"n_clusters": [2, 3, 4, 5], "score": [2.0, 5.0, 4.0, 3.0]})
    numbers["stability"] = [0.7, 0.95, 0.8, 0.6]
    numbers["stability_low"], numbers["stability_high"] = (
        numbers["stability"] - 0.05,
        numbers["stability"] + 0.03,
    )
    adata.uns["scrcl_n_clusters"] = {"n_clusters": 3, "table": numbers}
    return adata


def with_image(adata):
    """The slide with a tissue image, as scanpy's Visium reader stores it."""
    image = np.linspace(0.4, 1.0, 100 * 130).reshape(100, 130)[..., None].repeat(3, axis=2)
    factors = {"tissue_hires_scalef": 10.0, "spot_diameter_fullres": 0.8}
    adata.uns["spatial"] = {"slide": {"images": {"hires": image}, "scalefactors": factors}}
    return adata


def two_slides():
    """The slide twice, without a grain of difference but for the place of its first cluster."""
    both = ad.concat({"one": slide(), "two": slide()}, label="slide", index_unique="-")
    both.uns["scrcl_units"] = "microns"
    both.obs["scrcl"] = both.obs["scrcl"].astype("category")
    return both


def named():
    """The slide with two of its three clusters named."""
    adata = slide()
    sg.tl.annotate(adata, {"outer": ["Gene0", "Gene1"], "inner": ["Gene4", "Gene5"]}, n_permutations=100)
    return adata


def in_domains():
    """The slide with tables of its domains."""
    adata = slide()
    sg.pp.spatial_neighbors(adata)
    sg.tl.domain_composition(adata, "layer")
    sg.tl.domain_adjacency(adata, n_permutations=10)
    return adata


def compared():
    """Eight samples, four of them with twice as many cells of one cluster."""
    rows = [
        (f"sample{s}", "treated" if s > 3 else "control", str(c))
        for s in range(8)
        for c in range(4)
        for _ in range(40 + 3 * ((s + c) % 4) + 45 * (c == 1 and s > 3))
    ]
    obs = pd.DataFrame(rows, columns=["sample", "condition", "scrcl"]).astype("category")
    obs.index = obs.index.astype(str)
    adata = ad.AnnData(obs=obs)
    sg.tl.compare(adata, "condition", "sample")
    return adata


FIGURES = {
    "umap": lambda: sg.pl.umap(slide()),
    "spatial": lambda: sg.pl.spatial(slide(), size=60),
    "spatial_image": lambda: sg.pl.spatial(with_image(slide()), color="layer", palette="tab10"),
    "spatial_slides": lambda: sg.pl.spatial(
        two_slides(), color=["layer", "scrcl", "Gene0"], library_key="slide", match="layer"
    )[0],
    "annotation": lambda: sg.pl.annotation(named()),
    "comparison": lambda: sg.pl.comparison(compared()),
    "domain_adjacency": lambda: sg.pl.domain_adjacency(in_domains()),
    "domain_composition": lambda: sg.pl.domain_composition(in_domains()),
    "gene": lambda: sg.pl.gene(slide(), "Gene0", size=60)[0],
    "associations": lambda: sg.pl.associations(slide(), n_genes=2),
    "associations_row": lambda: sg.pl.associations(slide(), n_genes=2, scale="row"),
    "dotplot_dendrogram": lambda: sg.pl.dotplot(slide(), n_genes=2, dendrogram=True),
    "dotplot": lambda: sg.pl.dotplot(slide(), n_genes=2),
    "confusion": lambda: sg.pl.confusion(slide(), "layer"),
    "losses": lambda: sg.pl.losses(slide()),
    "stability": lambda: sg.pl.stability(slide()),
}


def draw(plot, path):
    """Write one figure as PNG, in matplotlib's own style."""
    with mpl.rc_context(mpl.rcParamsDefault):
        mpl.use("Agg")
        figure = plot().figure
        figure.savefig(path, dpi=50, bbox_inches="tight", metadata={"Software": None})
        plt.close("all")


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    for figure in FIGURES:
        draw(FIGURES[figure], IMAGES / f"{figure}.png")
