"""Domains: what they are made of, which touch, how they are shaped; on slides counted by hand."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import scrcl_geo as sg
from scrcl_geo.tl._domain_shape import cell_areas


def strip():
    """A grid of 6 × 4 cells in three strips of two columns; links to the right and below."""
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(6.0), np.arange(4.0)))
    place = np.c_[x, y]
    distance = np.abs(place[:, None] - place).sum(axis=2)
    domain = pd.Categorical([f"d{int(c // 2)}" for c in x])
    adata = ad.AnnData(obs=pd.DataFrame({"domain": domain}, index=[f"cell{i}" for i in range(24)]))
    adata.obsm["spatial"] = place
    adata.obsp["scrcl_spatial_connectivities"] = sparse.csr_matrix((distance == 1).astype(float))
    adata.obs["type"] = pd.Categorical(np.where(x < 2, "a", np.where(y < 2, "a", "b")))
    return adata


def test_composition_is_counted():
    adata = strip()
    table = sg.tl.domain_composition(adata, "type", groupby="domain").set_index(["group", "type"])
    assert table["n_cells"].tolist() == [8, 0, 4, 4, 4, 4]
    assert table.loc[("d1", "b"), "share"] == 0.5
    assert table.loc[("d0", "a"), "share_of_type"] == 0.5
    expected = np.log2((8 + 0.5) / (8 * 16 / 24 + 0.5))
    assert table.loc[("d0", "a"), "log2_enrichment"] == pytest.approx(expected)
    assert table["n_enriched"].tolist() == [1, 0, 0, 1, 0, 1]


def test_enrichment_is_beside_the_sample_that_a_domain_lies_in():
    """A type of one slide alone is no feature of the domain that this slide has more of."""
    rows = [("one", "d0", "a")] * 30 + [("one", "d1", "a")] * 10 + [("two", "d0", "b")] * 10
    rows += [("two", "d1", "b")] * 30
    obs = pd.DataFrame(rows, columns=["slide", "domain", "type"]).astype("category")
    obs.index = obs.index.astype(str)
    adata = ad.AnnData(obs=obs)
    within = sg.tl.domain_composition(adata, "type", groupby="domain", batch_key="slide")
    assert within["log2_enrichment"].abs().max() < 1e-9
    assert (within["n_samples"] == 1).all()
    pooled = sg.tl.domain_composition(adata, "type", groupby="domain")
    assert pooled["log2_enrichment"].abs().min() > 0.5


def test_adjacency_is_counted():
    table = sg.tl.domain_adjacency(strip(), groupby="domain", n_permutations=50)
    table = table.set_index(["group", "neighbor"])
    assert table.loc[("d0", "d1"), "n_links"] == 4
    assert table.loc[("d0", "d2"), "n_links"] == 0
    assert table.loc[("d1", "d0"), "share_of_border"] == 0.5
    assert np.isnan(table.loc[("d1", "d1"), "share_of_border"])
    assert table.loc[("d0", "d0"), "zscore"] > 2 > -1 > table.loc[("d0", "d2"), "zscore"]


def test_shape_is_measured():
    adata = strip()
    table = sg.tl.domain_shape(adata, groupby="domain").set_index("group")
    assert table["area"].sum() == pytest.approx(15)  # five by three squares between the cells
    assert table["n_parts"].tolist() == [1, 1, 1]
    assert table.loc["d0", "border"] == pytest.approx(4 / 24)
    assert table.loc["d0", "elongation"] == pytest.approx(np.sqrt(1.25 / 0.25))
    adata.obs["domain"] = np.where(adata.obs["domain"] == "d1", "d1", "apart")
    apart = sg.tl.domain_shape(adata, groupby="domain").set_index("group").loc["apart"]
    assert (apart["n_parts"], apart["largest_part"]) == (2, 0.5)


def test_gaps_belong_to_nobody_and_lines_have_no_area():
    square = np.stack(np.meshgrid(np.arange(5.0), np.arange(5.0)), axis=-1).reshape(-1, 2)
    two = np.concatenate([square, square + np.array([100.0, 0.0])])
    assert cell_areas(two).sum() == pytest.approx(32)
    assert cell_areas(np.c_[np.arange(4.0), np.zeros(4)]).sum() == 0


def test_what_is_missing_is_told():
    adata = strip()
    adata.obs["none"] = pd.Categorical([None] * adata.n_obs, categories=["a"])
    adata.obs["one"] = "d"
    with pytest.raises(ValueError, match="no cell has both"):
        sg.tl.domain_composition(adata, "none", groupby="domain")
    with pytest.raises(ValueError, match="has one domain"):
        sg.tl.domain_adjacency(adata, groupby="one")
    del adata.obsp["scrcl_spatial_connectivities"]
    for tool in (sg.tl.domain_adjacency, sg.tl.domain_shape):
        with pytest.raises(ValueError, match=r"run sg.pp.spatial_neighbors\(adata\) first"):
            tool(adata, groupby="domain")
