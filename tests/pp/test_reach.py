"""The reach of a tissue: narrow where domains are thin, wide where they are thick, none without domains."""

import numpy as np
import pytest
from scipy import sparse

import scrcl_geo as sg
from scrcl_geo._neighbors.reach import REACHES, averaged_hops, information_by_reach


def strip(n):
    """Cells in a row, each next to two."""
    i = np.arange(n - 1)
    step = sparse.csr_matrix((np.ones(n - 1, np.float32), (i, i + 1)), (n, n))
    return (step + step.T).tocsr()


def domains(width, n=2400, purity=0.7):
    """Types of cells in domains of one width along a row; each holds mostly one of four types."""
    rng = np.random.default_rng(0)
    home = (np.arange(n) // width) % 4
    return np.where(rng.random(n) < purity, home, rng.integers(0, 4, n))


def reach_of(types):
    return REACHES[int(np.argmax(information_by_reach([types], strip(len(types)))))]


def test_wide_domains_reach_farther_than_thin_ones():
    thin, wide = reach_of(domains(4)), reach_of(domains(60))
    assert thin <= 3
    assert wide >= 12


def test_shuffled_cells_tell_nothing_of_each_other():
    types = np.random.default_rng(0).permutation(domains(60))
    information = information_by_reach([types], strip(len(types)))
    assert information.max() < 0.01
    assert information_by_reach([domains(60)], strip(len(types))).max() > 0.2


def test_reach_is_measured_with_the_graphs_and_without_labels(toy_graph):
    stored = toy_graph.uns["scrcl_reach"]
    adata = toy_graph.copy()
    adata.obs = adata.obs[[]]
    assert sg.pp.reach(adata) == stored["reach"]
    assert len(stored["information"]) == len(stored["hops"])
    assert stored["hops"][stored["information"].argmax()] == stored["reach"]


def test_the_embedding_is_averaged_over_a_quarter_of_the_reach(adata):
    adata.uns["scrcl_reach"]["reach"] = 16
    model = sg.ScRCL(max_epochs=2)
    sg.tl.embed(adata, model=model, progress=False)
    assert adata.uns["scrcl"]["n_hops"] == 4
    joint = model.embed(adata, on="joint")
    near = adata.obsp["scrcl_spatial_connectivities"]
    closed = near + sparse.eye(adata.n_obs)
    scale = sparse.diags(1 / np.sqrt(np.asarray(closed.sum(axis=1)).ravel()))
    for _ in range(4):
        joint = scale @ closed @ scale @ joint
    np.testing.assert_allclose(adata.obsm["X_scrcl"], joint, atol=1e-4)


@pytest.mark.parametrize(("reach", "views", "of_input"), [(1, 0, 1), (3, 0, 1), (8, 2, 4), (24, 6, 12)])
def test_parts_of_the_reach(reach, views, of_input):
    assert averaged_hops(reach, views=True) == views
    assert averaged_hops(reach, views=False) == of_input


def test_needs_space():
    adata = sg.datasets.toy(spatial=False)
    sg.pp.graph(adata)
    assert "scrcl_reach" not in adata.uns
    with pytest.raises(ValueError, match=r"run sg.pp.spatial_neighbors\(adata\) first"):
        sg.pp.reach(adata)
