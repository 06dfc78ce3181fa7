"""ScRCL from AnnData to arrays: reproducible, blind to labels, saved and loaded, extended."""

from functools import partial

import numpy as np
import pytest
import torch
from torch_geometric import EdgeIndex
from torch_geometric.data import HeteroData
from torch_geometric.nn import GAT

import scrcl_geo as sg
from scrcl_geo._messages import plain
from scrcl_geo._validate import ScrclInputError
from scrcl_geo.graph import DEFAULT_EDGES, EdgeSpec, to_hetero
from scrcl_geo.losses import DistributionAlignment, ExpressionLikelihood, Objective, Term
from scrcl_geo.model._reading import PLAIN

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
    views = fitted.views(adata)
    assert fitted.embed(adata, on="u").shape == (adata.n_obs, 2 * views.u1.shape[1])
    assert fitted.embed(adata, on="z").shape == (adata.n_obs, 2 * views.z1.shape[1])
    assert fitted.embed(adata, on="joint").shape == views.z1.shape
    assert np.array_equal(fitted.embed(adata), fitted.embed(adata, on="z"))
    assert fitted.embed(adata).dtype == np.float32
    assert views.genes.shape == (len(fitted.genes_), views.z1.shape[1])
    scores = fitted.associations(adata)
    assert scores.shape == (adata.n_obs, len(fitted.genes_))
    assert np.isfinite(scores.data).all()
    with pytest.raises(ValueError, match="on is not known: found 'x'"):
        fitted.embed(adata, on="x")


@pytest.mark.parametrize("batch_size", ["full", 100])
def test_how_expression_is_held_changes_nothing(adata, batch_size, monkeypatch):
    def trained():
        return sg.ScRCL(batch_size=batch_size, **QUICK).fit(adata, progress=False)

    small = trained()
    held = small._held(adata)
    assert (held.index, held.both) == (torch.int32, batch_size == "full")
    monkeypatch.setattr(sg.ScRCL, "_held", lambda *_: PLAIN)
    plain = trained()
    for name, value in plain.module_.state_dict().items():
        assert torch.equal(value, small.module_.state_dict()[name]), name
    assert plain.input_hash_ == small.input_hash_
    expected = plain.embed(adata)
    monkeypatch.undo()
    np.testing.assert_allclose(small.embed(adata), expected, atol=1e-5)


def test_a_graph_is_taken_wherever_annotated_data_are(adata, fitted):
    data = sg.graph.to_hetero(adata)
    np.testing.assert_allclose(fitted.embed(data), fitted.embed(adata), atol=1e-6)
    np.testing.assert_allclose(fitted.encode(data), fitted.encode(adata), atol=1e-6)
    assert abs(fitted.associations(data) - fitted.associations(adata)).max() < 1e-5
    of_graph = sg.ScRCL(**QUICK).fit(data, progress=False)
    assert of_graph.input_hash_ == fitted.input_hash_
    np.testing.assert_array_equal(of_graph.embed(data), fitted.embed(data))
    with pytest.raises(ValueError, match="genes in use differ from the model's"):
        of_graph.embed(adata)  # a graph has no names of genes
    del data["cell", "expresses", "gene"]
    data["gene"].num_nodes = 3
    with pytest.raises(ValueError, match="the graph has other genes than the model"):
        fitted.embed(data)


def test_a_graph_made_by_hand_is_not_changed_and_needs_no_sorted_edges(adata, fitted):
    data = sg.graph.to_hetero(adata)
    by_hand = HeteroData()
    by_hand["cell"].x = data["cell"].x
    by_hand["gene"].x = data["gene"].x
    by_hand["gene"].num_nodes = data["gene"].num_nodes
    torch.manual_seed(0)
    for edge_type in data.edge_types:
        if edge_type == ("gene", "rev_expresses", "cell"):
            continue  # found from the other direction
        store = data[edge_type]
        order = torch.randperm(store.edge_index.shape[1])
        by_hand[edge_type].edge_index = plain(store.edge_index)[:, order]
        by_hand[edge_type].edge_weight = store.edge_weight[order]
    before = by_hand.clone()
    np.testing.assert_allclose(fitted.embed(by_hand), fitted.embed(adata), atol=1e-5)
    np.testing.assert_allclose(fitted.embed(by_hand, on="z"), fitted.embed(adata, on="z"), atol=1e-5)
    model = sg.ScRCL(**QUICK).fit(by_hand, progress=False)
    assert np.isfinite(model.embed(by_hand)).all()
    assert by_hand.edge_types == before.edge_types
    assert sorted(by_hand["cell"].keys()) == sorted(before["cell"].keys())
    for edge_type in before.edge_types:
        assert type(by_hand[edge_type].edge_index) is torch.Tensor
        assert torch.equal(by_hand[edge_type].edge_index, before[edge_type].edge_index)


def test_edges_sorted_without_sizes_are_taken(adata, fitted):
    data = sg.graph.to_hetero(adata)
    for edge_type in data.edge_types:
        edges = plain(data[edge_type].edge_index)
        data[edge_type].edge_index = EdgeIndex(edges, sort_order="col")
    np.testing.assert_allclose(fitted.embed(data, on="z"), fitted.embed(adata, on="z"), atol=1e-6)


def test_weights_that_differ_by_direction_are_not_taken_for_symmetric(adata):
    data = sg.graph.to_hetero(adata)
    near = data["cell", "near", "cell"]
    assert near.edge_index.is_undirected
    near.edge_weight = torch.rand(len(near.edge_weight))
    ready = sg.ScRCL().graph(data)["cell", "near", "cell"]
    x = torch.randn(adata.n_obs, 3, requires_grad=True)
    gradients = [
        torch.autograd.grad((sg.nn.smooth(x, edges, near.edge_weight) ** 2).sum(), x)[0]
        for edges in (ready.edge_index, plain(near.edge_index))
    ]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize(
    ("preset", "use_rep"),
    [("default", "X_scrcl_pca"), ("default", "X_other"), ("paper", "counts"), ("paper", "scaled")],
)
def test_saved_model_embeds_alike(adata, tmp_path, use_rep, preset):
    adata.obsm["X_other"] = adata.obsm["X_scrcl_pca"][:, :7]
    build = {"default": sg.ScRCL, "paper": partial(sg.ScRCL.paper, n_clusters=5, hidden_channels=32)}[preset]
    model = build(use_rep=use_rep, **QUICK)
    model.fit(adata, progress=False).save(tmp_path / "model")
    loaded = sg.ScRCL.load(tmp_path / "model")
    assert np.array_equal(loaded.embed(adata), model.embed(adata))
    assert np.array_equal(loaded.embed(adata, on="z"), model.embed(adata, on="z"))


def test_damaged_and_missing_models_are_named(fitted, tmp_path):
    with pytest.raises(ValueError, match="no model in"):
        sg.ScRCL.load(tmp_path)
    fitted.save(tmp_path)
    (tmp_path / "weights.safetensors").write_bytes(b"rubbish")
    with pytest.raises(ValueError, match=r"model in .* is damaged: found weights.safetensors with other"):
        sg.ScRCL.load(tmp_path)
    with pytest.raises(ValueError, match="the model is not trained"):
        sg.ScRCL().save(tmp_path)


def test_paper_preset_trains(adata):
    model = sg.ScRCL.paper(n_clusters=5, hidden_channels=32, max_epochs=2).fit(adata, progress=False)
    assert model.embed(adata, on="z").shape == (adata.n_obs, 10)
    assert model.log_.stopped == "all 2 epochs done"
    assert "PaperRefinement" in [type(module).__name__ for module in model.module_.modules()]


def test_own_encoder_loss_and_edge(adata, tmp_path):
    class Apart(torch.nn.Module):
        def forward(self, z1, z2, edges):
            return (z1 * z2).sum(dim=1).mean()

    adata.obsp["two_hop"] = (
        adata.obsp["scrcl_expression_connectivities"] @ adata.obsp["scrcl_expression_connectivities"]
    ).tocsr()
    edge = EdgeSpec(("cell", "two_hop", "cell"), attr="obsp", key="two_hop")
    model = sg.ScRCL(
        encoder=GAT(-1, 16, num_layers=2, out_channels=16),
        objective=Objective(Term(DistributionAlignment()), Term(Apart(), on="z", weight=0.1)),
        edges=(*DEFAULT_EDGES, edge),
        **QUICK,
    )
    model.fit(adata, progress=False)
    assert model.edges[-1] == edge
    assert model.views(adata).u1.shape[1] % 16 == 0
    assert list(model.log_.losses[0]) == ["DistributionAlignment", "Apart"]
    model.save(tmp_path)
    with pytest.raises(ValueError, match="the model has its own 'encoder'"):
        sg.ScRCL.load(tmp_path)
    loaded = sg.ScRCL.load(tmp_path, encoder=GAT(-1, 16, num_layers=2, out_channels=16))
    assert np.array_equal(loaded.embed(adata), model.embed(adata))


def test_errors_come_before_training(adata):
    with pytest.raises(ValueError, match="the model is not trained"):
        sg.ScRCL().embed(adata)
    with pytest.raises(ValueError, match=r"run sg.pp.graph\(adata\) first"):
        sg.ScRCL().fit(sg.datasets.toy(n_cells=50))
    with pytest.raises(ValueError, match="hidden_channels is too small: found 0"):
        sg.ScRCL(hidden_channels=0)
    with pytest.raises(ValueError, match="edge types are not unique"):
        sg.ScRCL(edges=(*DEFAULT_EDGES, DEFAULT_EDGES[0]))
    with pytest.raises(
        ValueError, match=r"relations of cells\['far'\] is missing: found 'similar_to', 'near'"
    ):
        sg.ScRCL(joined=["far"]).fit(adata, progress=False)


def test_cuda_is_refused_where_there_is_none(adata):
    with pytest.raises(ValueError, match="device='cuda' is not there"):
        sg.ScRCL().fit(adata, device="cuda")


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


def test_a_model_can_be_fitted_again_and_smooths_as_told(adata):
    model = sg.ScRCL(n_hops=(2, 3), **QUICK).fit(adata, progress=False)
    assert model.reading_.n_hops == (2, 3)
    first = model.embed(adata)
    assert np.array_equal(model.fit(adata, progress=False).embed(adata), first)
    without = sg.ScRCL(n_hops=(0, 0), **QUICK).fit(adata, progress=False).embed(adata)
    assert not np.array_equal(without, first)


def test_shows_what_it_is(adata):
    shown = repr(sg.ScRCL(encoder=GAT(-1, 16, num_layers=2, out_channels=16), max_epochs=7))
    for part in ("max_epochs=7", "GAT(", "near", " on ", "×"):
        assert part in shown


def test_input_scale_does_not_matter(adata):
    model = sg.ScRCL(use_rep="X_other", **QUICK)
    adata.obsm["X_other"] = adata.obsm["X_scrcl_pca"]
    first = model.fit(adata, progress=False).embed(adata)
    adata.obsm["X_other"] = adata.obsm["X_scrcl_pca"] * 64
    np.testing.assert_allclose(model.fit(adata, progress=False).embed(adata), first, atol=1e-4)


def test_the_graph_for_own_loaders_leaves_a_trained_model_as_it_is(adata, fitted):
    expected = fitted.embed(adata)
    larger = adata.copy()
    larger.obsm["X_scrcl_pca"] *= 5
    fitted.graph(larger)
    np.testing.assert_array_equal(fitted.embed(adata), expected)


def test_another_training_forgets_the_cells_of_the_one_before(adata, tmp_path):
    model = sg.ScRCL(**QUICK)
    sg.tl.embed(adata, model=model, progress=False)
    sg.tl.cluster(adata, 3)
    model.remember(adata)
    model.fit(adata, seed=1, progress=False)
    with pytest.raises(ValueError, match="the model remembers no training cells"):
        sg.tl.map(adata.copy(), model)


def test_expression_without_weights_counts_as_one(adata):
    data = sg.graph.to_hetero(adata)
    for edge_type in (("cell", "expresses", "gene"), ("gene", "rev_expresses", "cell")):
        data[edge_type].edge_weight = torch.ones_like(data[edge_type].edge_weight)
    expected = sg.ScRCL(**QUICK).fit(data, progress=False).embed(data)
    for edge_type in (("cell", "expresses", "gene"), ("gene", "rev_expresses", "cell")):
        del data[edge_type].edge_weight
    np.testing.assert_array_equal(sg.ScRCL(**QUICK).fit(data, progress=False).embed(data), expected)


def test_what_is_stored_with_edges_is_sorted_with_them(adata):
    data = sg.graph.to_hetero(adata)
    store = data["cell", "similar_to", "cell"]
    edges = plain(store.edge_index)
    order = torch.randperm(edges.shape[1], generator=torch.Generator().manual_seed(0))
    store.edge_index, store.start = edges[:, order], edges[0, order]
    read = sg.ScRCL(**QUICK).graph(data)["cell", "similar_to", "cell"]
    assert torch.equal(plain(read.edge_index)[0], read.start)
    assert not torch.equal(read.start, store.start)


@pytest.mark.parametrize(
    ("arguments", "fit", "message"),
    [
        ({"mask_rate": 0}, {}, "nothing is hidden for ExpressionLikelihood to ask for"),
        ({}, {"max_epochs": 0}, "max_epochs is too small: found 0"),
    ],
)
def test_a_training_that_cannot_be_is_refused(adata, arguments, fit, message):
    with pytest.raises(ValueError, match=message):
        sg.ScRCL(**arguments).fit(adata, progress=False, **fit)


def test_a_model_with_its_own_objective_is_not_trained_again_by_another(adata, tmp_path):
    own = Objective(Term(DistributionAlignment()), Term(ExpressionLikelihood(), on="graph", weight=0.5))
    model = sg.ScRCL(objective=own).fit(adata, max_epochs=2, progress=False)
    model.save(tmp_path / "model")
    loaded = sg.ScRCL.load(tmp_path / "model")
    assert "DistributionAlignment" in repr(loaded)
    np.testing.assert_allclose(loaded.embed(adata), model.embed(adata), atol=1e-6)
    with pytest.raises(ScrclInputError, match=r"own objective.*pass objective="):
        loaded.fit(adata, max_epochs=2, progress=False)
    loaded.save(tmp_path / "again")
    again = sg.ScRCL.load(tmp_path / "again", objective=own).fit(adata, max_epochs=2, progress=False)
    assert again.log_.losses[0] == model.log_.losses[0]


def test_a_graph_that_leads_from_genes_to_cells_alone_has_associations(adata, fitted):
    data = to_hetero(adata)
    both = fitted.associations(data)
    del data["cell", "expresses", "gene"]
    one = fitted.associations(data)
    assert abs(one - both).max() < 1e-6
    assert ("cell", "expresses", "gene") not in data.edge_types
