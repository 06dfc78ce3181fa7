"""Shared set-up: one thread, small toy data, and where the labelled real data are."""

import os
from pathlib import Path

import numba
import pytest
import torch

import scrcl_geo as sg

# Numba's first parallel function gives OpenMP, and so torch, as many threads as Numba found when it was
# imported, and a plugin of pytest imports it before this file: it is told anew, and its threads start here
os.environ["NUMBA_NUM_THREADS"] = "1"
numba.config.reload_config()
numba.set_num_threads(1)
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _one_thread():
    """A test that leaves torch with more threads slows down all that follow it."""
    yield
    assert torch.get_num_threads() == 1


@pytest.fixture(autouse=True)
def _on_the_cpu(request, monkeypatch):
    """Same seeds give the same bits on a CPU alone: a GPU is for the tests that ask for it."""
    if request.node.get_closest_marker("gpu") is None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture(scope="session")
def toy_graph():
    """Two toy slides with all graphs; tests that write must copy it."""
    adata = sg.datasets.toy(n_slides=2, n_cells=150, n_genes=100, overlap=True)
    sg.pp.graph(adata, batch_key="slide")
    return adata


@pytest.fixture
def adata(toy_graph):
    """A private copy of the toy slides with graphs."""
    return toy_graph.copy()


@pytest.fixture(scope="session")
def real_data():
    """Folder of the labelled real data, or a skip that says how to name it."""
    folder = os.environ.get("SCRCL_GEO_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("set SCRCL_GEO_DATA to the folder of the labelled real data")
    return Path(folder)
