"""Neighbours in space are squidpy's."""

import numpy as np
import pandas as pd
import pytest
import squidpy as sq
from anndata import AnnData

from scrcl_geo._neighbors.knn import distances_in_space


@pytest.mark.parametrize("n_slides", [1, 3])
def test_equals_squidpy(n_slides):
    rng = np.random.default_rng(0)
    coordinates = rng.uniform(size=(200, 2))
    coordinates[:40] = np.stack(np.meshgrid(np.arange(8.0), np.arange(5.0)), axis=-1).reshape(-1, 2)  # ties
    slides = rng.integers(0, n_slides, 200)
    helper = AnnData(obs=pd.DataFrame({"slide": pd.Categorical(slides)}, index=[str(i) for i in range(200)]))
    helper.obsm["spatial"] = coordinates
    sq.gr.spatial_neighbors_knn(helper, n_neighs=6, library_key="slide")
    found = distances_in_space(coordinates, slides, 6)
    assert (np.diff(found.indptr) == 6).all()
    theirs = helper.obsp["spatial_distances"]
    assert abs(found - theirs.astype(np.float32)).max() == 0
