"""The plane of a report: what it leaves behind in the process."""

import numpy as np
import torch

from scrcl_geo._neighbors.umap import umap


def test_threads_are_as_they_were():
    before = torch.get_num_threads()
    assert umap(np.random.default_rng(0).normal(size=(60, 4))).shape == (60, 2)
    assert torch.get_num_threads() == before
