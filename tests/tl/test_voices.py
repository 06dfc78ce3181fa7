"""What the default clusters."""

import numpy as np
import pytest
import torch

import scrcl_geo as sg
from scrcl_geo.losses import DistributionAlignment, Objective, Term
from scrcl_geo.tl._voices import Voices


@pytest.fixture(scope="module")
def tissue():
    adata = sg.datasets.toy(n_slides=1, n_cells=400)
    sg.pp.graph(adata)
    adata.uns["scrcl_reach"]["reach"] = 8
    sg.tl.embed(adata, max_epochs=20, progress=False)
    assert adata.uns["scrcl"]["n_hops"] == 2
    return adata


def network_voice(adata):
    """What the network says to the clusterers."""
    voices = Voices.of(adata, "X_scrcl")
    return voices.embedding[:, voices.voices[0].columns]


def test_both_refined_views_speak_averaged_as_the_embedding_is(tissue):
    voices = Voices.of(tissue, "X_scrcl").voices
    assert [voice.votes for voice in voices] == [2, 1, 1, 1, 1, 1, 1]  # beside the input and the composition
    first, second = np.hsplit(network_voice(tissue), 2)
    np.testing.assert_allclose((first + second) / 2, tissue.obsm["X_scrcl"], atol=1e-5)
    assert not np.allclose(first, second, atol=0.1)


def test_each_transform_of_the_input_speaks_for_itself_and_all_do_together(tissue):
    voices = Voices.of(tissue, "X_scrcl")
    first, second, third, whole = (voice.columns for voice in voices.voices[1:5])
    assert (first.start, first.stop, second.stop) == (whole.start, second.start, third.start)
    assert third.stop == whole.stop == whole.start + tissue.obsm["X_scrcl_pca"].shape[1]
    averaged = voices.embedding[:, whole]
    assert averaged.std() < tissue.obsm["X_scrcl_pca"].std()
    adata = tissue.copy()
    sg.pp.pca(adata, n_comps=10, transforms=("log",))
    assert len(Voices.of(adata, "X_scrcl").voices) == 4
    adata.obsm["X_scrcl_pca"] = adata.obsm["X_scrcl_pca"][:, :9]  # not what its map says
    assert len(Voices.of(adata, "X_scrcl").voices) == 4


def test_transforms_speak_also_where_the_input_stands_in_the_networks_place(tissue):
    trained = Voices.of(tissue, "X_scrcl")
    adata = tissue.copy()
    adata.obsm["X_scrcl"] = trained.embedding[:, trained.voices[4].columns]
    adata.uns["scrcl"]["from_network"] = False
    voices = Voices.of(adata, "X_scrcl").voices
    assert [voice.votes for voice in voices] == [2, 1, 1, 1, 1, 1, 1]
    assert voices[0].columns.stop == adata.obsm["X_scrcl"].shape[1]


@pytest.fixture
def without_space(tissue):
    adata = tissue.copy()
    del adata.obsp["scrcl_spatial_connectivities"]
    adata.obsm["X_scrcl"] = sum(np.hsplit(adata.obsm["X_scrcl_refined"], 2)) / 2
    adata.uns["scrcl"]["n_hops"] = 0
    return adata


def test_of_few_cells_without_space_the_input_speaks_beside_the_embedding(without_space):
    voices = Voices.of(without_space, "X_scrcl")
    assert [voice.votes for voice in voices.voices] == [1, 1, 1, 1, 1]  # each transform and all together
    whole = voices.voices[-1].columns
    np.testing.assert_array_equal(network_voice(without_space), without_space.obsm["X_scrcl"])
    np.testing.assert_array_equal(voices.embedding[:, whole], without_space.obsm["X_scrcl_pca"])
    assert len(Voices.of(without_space, "X_scrcl_pca").voices) == 1


def test_of_many_cells_without_space_both_views_speak_alone(without_space, monkeypatch):
    monkeypatch.setattr("scrcl_geo.tl._voices._FEW_CELLS", len(without_space))
    assert len(Voices.of(without_space, "X_scrcl").voices) == 1
    np.testing.assert_array_equal(network_voice(without_space), without_space.obsm["X_scrcl_refined"])


def test_where_the_reach_is_short_both_views_speak_alone(tissue):
    adata = tissue.copy()
    adata.uns["scrcl_reach"]["reach"] = 3
    assert len(Voices.of(adata, "X_scrcl").voices) == 1
    first, second = np.hsplit(network_voice(adata), 2)
    np.testing.assert_allclose((first + second) / 2, adata.obsm["X_scrcl"], atol=1e-5)


def test_without_the_graph_that_it_was_averaged_over_the_embedding_speaks_itself(tissue, monkeypatch):
    monkeypatch.setattr("scrcl_geo.tl._voices._FEW_CELLS", 0)
    adata = tissue.copy()
    del adata.obsp["scrcl_spatial_connectivities"]
    np.testing.assert_array_equal(network_voice(adata), adata.obsm["X_scrcl"])


def test_the_mean_is_looked_for_in_parts(without_space, monkeypatch):
    monkeypatch.setattr("scrcl_geo.tl._voices._FEW_CELLS", 0)
    monkeypatch.setattr("scrcl_geo.tl._voices._ROWS", 150)
    assert network_voice(without_space).shape[1] == 64
    without_space.obsm["X_scrcl"][-1] += 1
    assert network_voice(without_space).shape[1] == 32


@pytest.mark.parametrize("refined", ["as it was", "gone", "narrow"])
def test_an_embedding_that_was_put_in_its_place_speaks_itself(tissue, refined):
    adata = tissue.copy()
    corrected = np.random.default_rng(0).normal(size=adata.obsm["X_scrcl"].shape)
    adata.obsm["X_scrcl"] = corrected
    if refined == "gone":
        del adata.obsm["X_scrcl_refined"]
    elif refined == "narrow":
        adata.obsm["X_scrcl_refined"] = adata.obsm["X_scrcl_refined"][:, :3]
    np.testing.assert_array_equal(network_voice(adata), corrected)


def test_one_view_that_says_nothing_is_outvoted(tissue):
    rng = np.random.default_rng(0)
    truth = rng.integers(3, size=len(tissue))
    told = 6 * np.eye(3, 8)[truth] + rng.normal(size=(len(tissue), 8))
    views = np.hstack([told, rng.normal(size=told.shape)])
    adata = tissue.copy()
    adata.uns["scrcl"]["n_hops"] = 0
    adata.obsm["X_scrcl_refined"], adata.obsm["X_scrcl"] = views, (views[:, :8] + views[:, 8:]) / 2
    network = Voices.of(adata, "X_scrcl").voices[0]
    labels = network.clusterer(views, 3, seed=0)
    assert sg.metrics.ari(truth, labels) > 0.9


def test_a_network_with_own_parts_or_another_input_speaks_alone():
    adata = sg.datasets.toy(n_slides=1, n_cells=200)
    sg.pp.graph(adata)
    adata.uns["scrcl_reach"]["reach"] = 8
    corrected = adata.obsm["X_scrcl_pca"][:, :10].copy()
    adata.obsm["X_corrected"] = corrected
    own = torch.nn.Linear(adata.obsm["X_scrcl_pca"].shape[1], 64)
    models = {
        "parts": sg.ScRCL(cell_encoder=own),
        "objective": sg.ScRCL(objective=Objective(Term(DistributionAlignment()))),
        "input": sg.ScRCL(use_rep="X_corrected"),
    }
    for what, model in models.items():
        sg.tl.embed(adata, model=model, max_epochs=2, progress=False)
        assert not adata.uns["scrcl"]["input_votes"], what
        assert len(Voices.of(adata, "X_scrcl").voices) == 1, what
    sg.tl.embed(adata, model=sg.ScRCL(hidden_channels=32), max_epochs=2, progress=False)
    assert adata.uns["scrcl"]["input_votes"]
    assert len(Voices.of(adata, "X_scrcl").voices) == 7


def test_what_stands_in_a_networks_place_is_what_it_reads(monkeypatch):
    adata = sg.datasets.toy(n_slides=1, n_cells=100)
    del adata.obsm["spatial"]
    sg.pp.graph(adata)
    adata.obsm["X_corrected"] = adata.obsm["X_scrcl_pca"][:, :10].copy()
    monkeypatch.setattr("scrcl_geo.tl._embed._worth_reading", lambda *_: False)
    sg.tl.embed(adata, model=sg.ScRCL(use_rep="X_corrected"), max_epochs=2, progress=False)
    np.testing.assert_array_equal(adata.obsm["X_scrcl"], adata.obsm["X_corrected"].astype(np.float32))
