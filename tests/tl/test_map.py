"""New cells: found by gene names, put where like training cells are, flagged where there are none."""

import logging

import anndata as ad
import numpy as np
import pytest

import scrcl_geo as sg


def trained(adata, n_clusters, max_epochs=20):
    sg.pp.graph(adata)
    model = sg.ScRCL(max_epochs=max_epochs)
    sg.tl.embed(adata, model=model, progress=False)
    sg.tl.cluster(adata, n_clusters)
    return model.remember(adata)


def slides(spatial=True, **settings):
    both = sg.datasets.toy(n_cells=600, n_genes=120, spatial=spatial, **settings)
    return [both[both.obs["slide"] == f"slide_{i}"].copy() for i in (1, 2)]


@pytest.fixture(scope="module", params=[True, False], ids=["tissue", "cells"])
def case(request):
    old, new = slides(spatial=request.param)
    return old, new, trained(old, 5)


@pytest.fixture
def new(case):
    return case[1].copy()


def test_new_cells_join_the_clusters_of_training(case, new):
    old, _, model = case
    sg.tl.map(new, model)
    own = sg.metrics.ari(old.obs["domain"], old.obs["scrcl"])
    assert sg.metrics.ari(new.obs["domain"], new.obs["scrcl"]) > own - 0.1
    assert list(new.obs["scrcl"].cat.categories) == list(old.obs["scrcl"].cat.categories)
    assert new.obsm["X_scrcl"].shape == (new.n_obs, old.obsm["X_scrcl"].shape[1])
    assert new.obsm["X_scrcl"].dtype == np.float32
    assert new.obs["scrcl_confidence"].between(0, 1).all()
    assert new.obs["scrcl_unknown"].dtype == bool
    assert new.obs["scrcl_unknown"].mean() < 0.1
    assert new.uns["scrcl_map"]["n_genes"] == 120
    assert not len(new.uns["scrcl_map"]["missing"])
    samples = new.uns["scrcl_map"]["samples"]
    assert samples["distance"].between(0.8, 1.3).all()
    assert not samples["unlike"].any()


def test_training_cells_come_back_to_their_clusters(case):
    old, _, model = case
    again = old.copy()
    sg.tl.map(again, model)
    assert (again.obs["scrcl"].astype(str) == old.obs["scrcl"].astype(str)).mean() > 0.95


def test_a_saved_model_maps_alike(case, new, tmp_path):
    model = case[2]
    sg.tl.map(new, model)
    model.save(tmp_path / "model")
    again = case[1].copy()
    sg.tl.map(again, tmp_path / "model")
    np.testing.assert_array_equal(again.obsm["X_scrcl"], new.obsm["X_scrcl"])
    assert again.obs["scrcl"].equals(new.obs["scrcl"])


def test_order_of_genes_does_not_matter(case, new):
    shuffled = new[:, np.random.default_rng(0).permutation(new.n_vars)].copy()
    sg.tl.map(new, case[2])
    sg.tl.map(shuffled, case[2])
    np.testing.assert_allclose(shuffled.obsm["X_scrcl"], new.obsm["X_scrcl"], atol=1e-4)


def test_missing_genes_are_counted_and_cost_little(case, new, caplog):
    sg.tl.map(new, case[2])
    agreement = []
    for draw in range(6):
        fewer = new[:, np.random.default_rng(draw).permutation(new.n_vars)[:96]].copy()
        with caplog.at_level(logging.WARNING, logger="scrcl_geo"):
            sg.tl.map(fewer, case[2])
        assert len(fewer.uns["scrcl_map"]["missing"]) == 24
        agreement.append(sg.metrics.ari(new.obs["scrcl"], fewer.obs["scrcl"]))
    assert "24 of the 120 genes of the model are missing" in caplog.text
    assert np.mean(agreement) > 0.8  # which genes are missing matters


def test_a_shift_between_samples_is_taken_off(case, new):
    """Half of the genes measured twice as well: the clusters stay."""
    shifted = new.copy()
    rates = np.where(np.arange(new.n_vars) % 2, 2, 1)
    shifted.X = (shifted.X.toarray() * rates).astype(np.float32)
    sg.tl.map(new, case[2])
    sg.tl.map(shifted, case[2])
    assert sg.metrics.ari(new.obs["scrcl"], shifted.obs["scrcl"]) > 0.75


def test_samples_are_mapped_one_by_one(case, new):
    both = sg_concat(new, case[0])
    sg.tl.map(both, case[2], batch_key="slide")
    assert list(both.uns["scrcl_map"]["samples"]["sample"]) == ["slide_1", "slide_2"]
    sg.tl.map(new, case[2])
    np.testing.assert_allclose(both.obsm["X_scrcl"][: new.n_obs], new.obsm["X_scrcl"], atol=1e-4)


def sg_concat(a, b):
    import anndata

    return anndata.concat([a, b], index_unique="-")


def test_unknown_cells_are_flagged():
    """Cells of a kind that training never saw, with genes of their own."""
    old, new = slides(spatial=False, fold_change=8.0)
    kept = old[old.obs["domain"] != "layer_1"].copy()
    model = trained(kept, 4, max_epochs=40)
    sg.tl.map(new, model)
    unseen = (new.obs["domain"] == "layer_1").to_numpy()
    assert new.obs["scrcl_unknown"][unseen].mean() > 0.5
    assert new.obs["scrcl_unknown"][~unseen].mean() < 0.1


def test_a_sample_unlike_the_training_cells_is_told_and_lowers_confidence(case, new, caplog):
    """Every gene has another level than in training, by more than cells differ from each other."""
    rng = np.random.default_rng(0)
    strange = new.copy()
    strange.X = rng.poisson(rng.lognormal(0, 1.5, new.n_vars), new.shape).astype(np.float32)
    with caplog.at_level(logging.WARNING, logger="scrcl_geo"):
        sg.tl.map(strange, case[2])
    assert "the sample is unlike the training cells" in caplog.text
    assert strange.uns["scrcl_map"]["samples"]["unlike"].all()
    assert strange.obs["scrcl_unknown"].all()
    assert strange.obs["scrcl_confidence"].max() <= 0.5


@pytest.mark.realdata
def test_unseen_types_and_another_tumour_are_told(real_data):
    def load(name):
        return ad.read_h5ad(real_data / f"{name}.h5ad")

    adata = load("Zeisel_subset1464")
    train = np.random.default_rng(0).random(adata.n_obs) < 0.7
    unseen = (adata.obs["cell_type"] == "interneurons").to_numpy()
    model, new = trained(adata[train & ~unseen].copy(), 2, max_epochs=2), adata[~train].copy()
    sg.tl.map(new, model)
    assert new.obs["scrcl_unknown"][unseen[~train]].mean() >= 0.7
    assert new.obs["scrcl_unknown"][~unseen[~train]].mean() <= 0.05
    tumour, other = load("HER2ST_B1"), load("HER2ST_E1")
    sg.tl.map(other, trained(tumour, 4, max_epochs=2))
    assert other.uns["scrcl_map"]["samples"]["unlike"].all()


@pytest.mark.parametrize("n_cells", [2, 12])
def test_a_few_cells_can_be_mapped(n_cells):
    old, new = slides(spatial=False)
    few = new[:n_cells].copy()
    sg.tl.map(few, trained(old, 5, max_epochs=2))
    assert np.isfinite(few.obsm["X_scrcl"]).all()
    assert few.obs["scrcl"].notna().all()


def test_what_cannot_be_mapped_is_named_and_leaves_no_trace(case, new, tmp_path):
    model = case[2]
    logs = new.copy()
    logs.X = np.log1p(logs.X.toarray()) + 0.5
    with pytest.raises(ValueError, match="of another kind than the model's: found log here, counts in tr"):
        sg.tl.map(logs, model)
    strange = new.copy()
    strange.var_names = [f"ENSG{i}" for i in range(new.n_vars)]
    with pytest.raises(ValueError, match="120 of the 120 genes of the model are missing"):
        sg.tl.map(strange, model)
    with pytest.raises(ValueError, match=r"obs\['nothing'\] is missing"):
        sg.tl.map(new, model, batch_key="nothing")
    with pytest.raises(ValueError, match="no model in"):
        sg.tl.map(new, tmp_path)
    bare = sg.ScRCL(max_epochs=1).fit(case[0], progress=False)
    with pytest.raises(ValueError, match="remembers no training cells"):
        sg.tl.map(new, bare)
    if "spatial" in new.obsm:
        flat = new.copy()
        del flat.obsm["spatial"]
        with pytest.raises(ValueError, match=r"obsm\['spatial'\] is missing"):
            sg.tl.map(flat, model)
    for touched in (logs, strange, new):
        assert "scrcl" not in touched.obs
        assert "X_scrcl" not in touched.obsm


def test_models_that_cannot_map_say_so(adata):
    model = sg.ScRCL.paper(5, hidden_channels=16, max_epochs=1)
    sg.tl.embed(adata, model=model, progress=False)
    with pytest.raises(ValueError, match="the model cannot map new cells: found use_rep='counts'"):
        model.remember(adata)
    adata.varp["pathway"] = adata.varp["coexpression_connectivities"]
    pathway = sg.graph.EdgeSpec(("gene", "pathway", "gene"), attr="varp", key="pathway")
    model = sg.ScRCL(max_epochs=1, edges=(*sg.graph.DEFAULT_EDGES, pathway)).fit(adata, progress=False)
    with pytest.raises(ValueError, match=r"the model cannot map new cells: found edges 'pathway'"):
        model.remember(adata)
    model = sg.ScRCL(max_epochs=1).fit(adata, progress=False)
    with pytest.raises(ValueError, match=r"run sg.tl.embed\(adata\) and sg.tl.cluster\(adata\) first"):
        model.remember(sg.datasets.toy(n_cells=50))
