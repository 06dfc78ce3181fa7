"""ScRCL from AnnData to arrays: reproducible, blind to labels, saved and loaded, extended."""

import numpy as np
import pytest
import torch
from torch_geometric.nn import GAT

import scrcl_geo as sg
from scrcl_geo.graph import DEFAULT_EDGES, EdgeSpec
from scrcl_geo.losses import DistributionAlignment, Objective, Term

QUICK = {"max_epochs": 3}


@pytest.fixture
def fitted(adata):
    return sg.ScRCL(**QUICK).fit(adata, progress=False)


def test_same_seed_gives_the_same_bits_and_another_seed_others(adata, fitted):
    again = sg.ScRCL(**QUICK).fit(adata, progress=False)
    assert np.array_equal(fitted.embed(adata), again.embed(adata))
    other = sg.ScRCL(**QUICK).fit(adata, seed=1, progress=False)
    assert not np.array_equal(fitted.embed(adata), other.embed(adata))


def test_leaves_the_callers_random_state_alone(adata):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    sg.ScRCL(**QUICK).fit(adata, progress=False)
    assert torch.rand(1) == expected


def test_shapes_and_types(adata, fitted):
    assert fitted.embed(adata).shape == (adata.n_obs, 256)
    assert fitted.embed(adata, on="z").shape == (adata.n_obs, 64)
    assert fitted.embed(adata).dtype == np.float32
    scores = fitted.associations(adata)
    assert scores.shape == (adata.n_obs, len(fitted.genes_))
    assert np.isfinite(scores.data).all()


@pytest.mark.parametrize("use_rep", ["X_pca", "X", "X_other"])
@pytest.mark.parametrize("refinement", ["bipartite", "paper"])
def test_saved_model_embeds_alike(adata, tmp_path, use_rep, refinement):
    adata.obsm["X_other"] = adata.obsm["X_pca"][:, :7]
    model = sg.ScRCL(use_rep=use_rep, refinement=refinement, **QUICK)
    model.fit(adata, progress=False).save(tmp_path / "model")
    loaded = sg.ScRCL.load(tmp_path / "model")
    assert np.array_equal(loaded.embed(adata), model.embed(adata))
    assert np.array_equal(loaded.embed(adata, on="z"), model.embed(adata, on="z"))


def test_damaged_and_missing_models_are_named(fitted, tmp_path):
    with pytest.raises(ValueError, match="no model in"):
        sg.ScRCL.load(tmp_path)
    fitted.save(tmp_path)
    (tmp_path / "weights.safetensors").write_bytes(b"rubbish")
    with pytest.raises(ValueError, match="cannot load the model in"):
        sg.ScRCL.load(tmp_path)
    with pytest.raises(ValueError, match="the model is not trained"):
        sg.ScRCL().save(tmp_path)


def test_paper_preset_trains(adata):
    model = sg.ScRCL.paper(n_clusters=5, hidden_channels=32, max_epochs=2).fit(adata, progress=False)
    assert model.embed(adata, on="z").shape == (adata.n_obs, 10)
    assert type(model.module_.refinement).__name__ == "PaperRefinement"


def test_own_encoder_loss_and_edge(adata, tmp_path):
    class Apart(torch.nn.Module):
        def forward(self, z1, z2, adj):
            return (z1 * z2).sum(dim=1).mean()

    adata.obsp["two_hop"] = (adata.obsp["connectivities"] @ adata.obsp["connectivities"]).tocsr()
    edge = EdgeSpec(("cell", "two_hop", "cell"), attr="obsp", key="two_hop")
    model = sg.ScRCL(
        encoder=GAT(-1, 16, num_layers=2, out_channels=16),
        objective=Objective(Term(DistributionAlignment()), Term(Apart(), on="z", weight=0.1)),
        **QUICK,
    )
    model.fit(adata, edges=(*DEFAULT_EDGES, edge), progress=False)
    assert model.embed(adata).shape == (adata.n_obs, 32)
    assert list(model.log_.losses[0]) == ["DistributionAlignment", "Apart"]
    model.save(tmp_path)
    with pytest.raises(ValueError, match="the model has its own encoder"):
        sg.ScRCL.load(tmp_path)
    loaded = sg.ScRCL.load(tmp_path, encoder=GAT(-1, 16, num_layers=2, out_channels=16))
    assert np.array_equal(loaded.embed(adata), model.embed(adata))


def test_errors_come_before_training(adata):
    with pytest.raises(ValueError, match="the model is not trained"):
        sg.ScRCL().embed(adata)
    with pytest.raises(ValueError, match=r"run sg.pp.graph\(adata\) first"):
        sg.ScRCL().fit(sg.datasets.toy(n_cells=50))
    with pytest.raises(ValueError, match="refinement is not known: found 'x'"):
        sg.ScRCL(refinement="x")
    with pytest.raises(ValueError, match="encoder has no out_channels"):
        sg.ScRCL(encoder=torch.nn.Linear(2, 2)).fit(adata, progress=False)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device is there")
def test_cuda_is_refused_where_there_is_none(adata):
    with pytest.raises(ValueError, match="device='cuda' is not there"):
        sg.ScRCL().fit(adata, device="cuda")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_gpu_agrees_with_cpu(adata):
    cpu = sg.ScRCL(dropout=0.0, **QUICK).fit(adata, progress=False, device="cpu")
    cuda = sg.ScRCL(dropout=0.0, **QUICK).fit(adata, progress=False, device="cuda")
    np.testing.assert_allclose(cuda.embed(adata), cpu.embed(adata), atol=1e-2)


def test_other_genes_are_refused(adata, fitted):
    adata.var_names = [f"other_{name}" for name in adata.var_names]
    with pytest.raises(ValueError, match="genes in use differ from the model's: found 0 of 100"):
        fitted.embed(adata)


def test_empty_and_duplicate_cells_and_genes_stay_finite():
    adata = sg.datasets.toy(n_slides=1, n_cells=120, n_genes=60)
    x = adata.X.toarray()
    x[:3], x[:, :4], x[5:9] = 0, 0, x[4]
    adata.X = x
    sg.pp.graph(adata)
    sg.tl.embed(adata, model=sg.ScRCL(**QUICK), progress=False)
    sg.tl.cluster(adata, 4)
    table = sg.tl.associations(adata, cell_scores=True)
    assert np.isfinite(adata.obsm["X_scrcl"]).all()
    assert np.isfinite(adata.obsm["X_scrcl_refined"]).all()
    assert np.isfinite(adata.varm["scrcl"]).all()
    assert np.isfinite(table[["scores", "association", "pvals", "pvals_adj"]].to_numpy()).all()
    assert not adata.var["scrcl_used"].iloc[:4].any()


def test_hops_depend_on_space_and_a_model_can_be_fitted_again(adata):
    model = sg.ScRCL(**QUICK).fit(adata, progress=False)
    assert model.n_hops_ == [4, 6]
    no_space = tuple(edge for edge in DEFAULT_EDGES if edge.edge_type[1] != "near")
    assert model.fit(adata, edges=no_space, progress=False).n_hops_ == [0, 1]
    assert sg.ScRCL(n_hops=(2, 3), **QUICK).fit(adata, progress=False).n_hops_ == [2, 3]


def test_input_scale_does_not_matter(adata):
    model = sg.ScRCL(use_rep="X_other", **QUICK)
    adata.obsm["X_other"] = adata.obsm["X_pca"]
    first = model.fit(adata, progress=False).embed(adata)
    adata.obsm["X_other"] = adata.obsm["X_pca"] * 64
    np.testing.assert_allclose(model.fit(adata, progress=False).embed(adata), first, atol=1e-4)
