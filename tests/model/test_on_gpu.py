"""On a GPU: the same answers as on the CPU, and no step that waits for it."""

import collections
import warnings

import numpy as np
import pytest
import torch
from sklearn.metrics import adjusted_rand_score

import scrcl_geo as sg
from scrcl_geo import _keys
from scrcl_geo.train import Checkpoint

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]


@pytest.fixture(params=["tissue", "cells"])
def cells(request, adata):
    if request.param == "cells":
        del adata.obsm["spatial"]
        sg.pp.graph(adata)
    return adata


def test_a_model_answers_alike_on_both(cells, tmp_path):
    model = sg.ScRCL(max_epochs=20).fit(cells, progress=False, device="cuda")
    model.save(tmp_path / "model")
    on_cpu = sg.ScRCL.load(tmp_path / "model")
    for on in ("u", "z", "joint"):
        np.testing.assert_allclose(model.embed(cells, on=on), on_cpu.embed(cells, on=on), atol=1e-4)
    np.testing.assert_allclose(
        model.associations(cells).toarray(), on_cpu.associations(cells).toarray(), atol=1e-4
    )


def test_training_finds_what_it_finds_on_the_cpu(cells):
    found, losses = [], []
    for device in ("cpu", "cuda"):
        model = sg.ScRCL().fit(cells, progress=False, device=device)
        losses.append(min(model.log_.held_out))
        found.append(sg.cluster.kmeans(model.embed(cells), 4))
    assert losses[1] == pytest.approx(losses[0], rel=0.01)
    assert adjusted_rand_score(*found) > 0.9


def waits(fit):
    """Places in the package at which the host waited for the device, and how often."""
    seen = collections.Counter()

    def show(message, category, filename, lineno, file=None, line=None):
        if "synchroniz" in str(message):
            seen[filename.rpartition("scrcl_geo/")[2]] += 1

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = show
        torch.cuda.set_sync_debug_mode("warn")
        try:
            fit()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    return seen


@pytest.mark.parametrize("batch_size", ["full", 60])
def test_no_step_waits_for_the_device(cells, batch_size):
    def fit(n_steps):
        model = sg.ScRCL(max_epochs=n_steps, batch_size=batch_size, early_stopping=False)
        return waits(lambda: model.fit(cells, progress=False, device="cuda"))

    fit(2)  # what is done once
    few, many = fit(5), fit(25)
    more = many - few
    allowed = 20 if batch_size == "full" else 4  # the numbers of an epoch leave the device once
    assert more.pop("train/_fit.py") == allowed
    assert not more


def test_a_cut_off_training_goes_on(adata, tmp_path, caplog):
    def trained():
        checkpoint = Checkpoint(tmp_path / "state", every=0)
        return sg.ScRCL(max_epochs=6).fit(adata, progress=False, device="cuda", checkpoint=checkpoint)

    caplog.set_level("INFO")
    whole = trained()
    assert "training goes on" not in caplog.text
    np.testing.assert_allclose(trained().embed(adata), whole.embed(adata), atol=1e-2)
    assert "training goes on after epoch" in caplog.text


def test_a_whole_run(adata):
    adata.X = adata.X.copy()
    sg.pp.graph(adata, batch_key="slide", device="cuda")
    sg.tl.embed(adata, device="cuda")
    sg.tl.cluster(adata, 4)
    assert adata.uns["scrcl"]["device"] == "cuda"
    assert adjusted_rand_score(adata.obs["domain"], adata.obs[_keys.CLUSTERS]) > 0.5
