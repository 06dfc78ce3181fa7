"""Tissue matched across slides: mutual, across slides alone, and read by training."""

import numpy as np
import pytest
from scipy import sparse

import scrcl_geo as sg
from scrcl_geo import _keys
from scrcl_geo._neighbors.balanced import mutual_neighbors

KEY = "scrcl_matched_connectivities"


def test_pairs_are_mutual_and_across():
    x = np.array([[0.0], [10.0], [20.0], [0.1], [10.1], [10.2]])
    batch = np.array([0, 0, 0, 1, 1, 1])
    found = mutual_neighbors(x, batch, 2)  # one in each batch
    assert sorted(zip(*found.nonzero(), strict=True)) == [(0, 3), (1, 4), (3, 0), (4, 1)]
    assert found.dtype == np.float32
    assert set(found.data) == {1.0}


def test_the_default_graph_has_them_for_several_slides_alone(adata):
    matched = adata.obsp[KEY]
    slide = adata.obs["slide"].cat.codes.to_numpy()
    rows, columns = matched.nonzero()
    assert len(rows) > 0
    assert (slide[rows] != slide[columns]).all()
    assert (matched != matched.T).nnz == 0
    sg.pp.graph(adata)
    assert KEY not in adata.obsp


@pytest.mark.parametrize("spatial", ["no", "yes"])
def test_they_join_tissue_that_is_alike(spatial):
    adata = sg.datasets.toy(n_slides=2, n_cells=400, overlap=True)
    sg.pp.graph(adata, batch_key="slide", spatial=spatial)
    if spatial == "no":
        assert KEY not in adata.obsp
        return
    rows, columns = adata.obsp[KEY].nonzero()
    domain = adata.obs["domain"].to_numpy()
    assert (domain[rows] == domain[columns]).mean() > 0.8


def test_training_sees_them(adata):
    with_edges = sg.ScRCL(max_epochs=2).fit(adata, progress=False).embed(adata)
    adata.obsp[KEY] = sparse.csr_matrix(adata.obsp[KEY].shape, dtype=np.float32)
    without = sg.ScRCL(max_epochs=2).fit(adata, progress=False).embed(adata)
    assert not np.allclose(with_edges, without)


def test_a_single_slide_has_none(adata):
    adata.obs["one"] = "slide"
    sg.pp.matched_neighbors(adata, "one")
    assert adata.obsp[KEY].nnz == 0
    model = sg.ScRCL(max_epochs=1).fit(adata, progress=False)
    assert any(edge.edge_type == _keys.MATCHED for edge in model.edges)


def test_bad_input(adata):
    with pytest.raises(ValueError, match=r"run sg.pp.composition\(adata\) first"):
        sg.pp.matched_neighbors(adata, "slide", use_rep="X_none")
    with pytest.raises(ValueError, match=r"obs\['donor'\] is missing"):
        sg.pp.matched_neighbors(adata, "donor")
