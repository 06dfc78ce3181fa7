"""Checkpoints that do not fit are left out, and training ends as though there had been none."""

import copy

import numpy as np
import pytest
import torch

import scrcl_geo as sg
from scrcl_geo.train import Checkpoint


def trained(adata, file, **options):
    model = sg.ScRCL(max_epochs=6).fit(adata, checkpoint=Checkpoint(file, **options), progress=False)
    return model.embed(adata)


@pytest.fixture
def held(adata, tmp_path):
    """An embedding and the state after the first epochs."""
    file = tmp_path / "state"
    expected = trained(adata, file, every=0)
    return expected, file, Checkpoint(file).read()


def without(name):
    return lambda state: state.pop(name)


def narrow(state):
    for moments in state["optimizer"]["state"].values():
        moments["exp_avg"] = torch.zeros(7, 7)


def not_finite(state):
    next(iter(state["module"].values())).fill_(float("nan"))


def losses(state):
    state["losses"] = [{"term": "low"}]


@pytest.mark.parametrize(
    "change", [*map(without, ("optimizer", "module", "random")), narrow, not_finite, losses]
)
def test_a_state_that_does_not_fit_is_left_out(adata, held, caplog, change):
    expected, file, state = held
    changed = copy.deepcopy(state)
    change(changed["state"])
    Checkpoint(file).write(changed)
    np.testing.assert_array_equal(trained(adata, file), expected)
    assert caplog.text.count("is damaged") == 1


@pytest.mark.parametrize("place", [5, 40, 5000, -1])
def test_a_flipped_bit_is_told(adata, held, caplog, place):
    expected, file, _ = held
    code = bytearray(file.read_bytes())
    code[place] ^= 4
    file.write_bytes(bytes(code))
    np.testing.assert_array_equal(trained(adata, file), expected)
    assert "its checksum is another" in caplog.text


def test_a_sound_state_is_taken_up(adata, held, caplog):
    expected, file, state = held
    caplog.set_level("INFO")
    np.testing.assert_array_equal(trained(adata, file), expected)
    assert "training goes on after epoch" in caplog.text
    assert torch.is_tensor(state["state"]["random"]["cpu"])


def test_each_of_several_networks_has_a_state_of_its_own(adata, tmp_path, caplog):
    def embedded(checkpoint):
        model = sg.ScRCL(max_epochs=6, n_networks=2)
        return model.fit(adata, checkpoint=checkpoint, progress=False).embed(adata)

    caplog.set_level("INFO")
    first = Checkpoint(tmp_path / "state", every=0)
    expected = embedded(first)
    assert "training starts anew" not in caplog.text
    assert sorted(file.name for file in tmp_path.iterdir()) == ["state", "state.1"]
    np.testing.assert_array_equal(embedded(Checkpoint(tmp_path / "state")), expected)
    assert caplog.text.count("training goes on after epoch") == 2
