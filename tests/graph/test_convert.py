"""AnnData → HeteroData: structure, errors, and that nothing is written."""

import numpy as np
import pytest
import torch
from scipy import sparse

from scrcl_geo import _keys
from scrcl_geo.graph import DEFAULT_EDGES, EdgeSpec, to_hetero
from scrcl_geo.nn.tensors import GraphTensors


def test_has_the_documented_types_and_validates(toy_graph):
    data = to_hetero(toy_graph)
    assert data.validate()
    assert data.node_types == [_keys.CELL, _keys.GENE]
    assert set(data.edge_types) == {
        _keys.SIMILAR,
        _keys.NEAR,
        _keys.MATCHED,
        _keys.COEXPRESSED,
        _keys.EXPRESSES,
        _keys.EXPRESSED_BY,
    }
    assert data[_keys.CELL].x.shape == toy_graph.obsm["X_pca"].shape
    assert data[_keys.EXPRESSES].edge_weight.min() > 0


def test_moves_to_a_device_and_back(toy_graph):
    data = to_hetero(toy_graph)
    there = data.clone().to("cuda" if torch.cuda.is_available() else "cpu").to("cpu")
    assert torch.equal(there[_keys.NEAR].edge_index, data[_keys.NEAR].edge_index)


def test_reads_only(adata):
    before = adata.copy()
    to_hetero(adata, use_rep="X")
    assert (adata.X != before.X).nnz == 0
    assert set(adata.obsp) == set(before.obsp)
    assert adata.obs.equals(before.obs)


def test_only_genes_in_use_become_nodes(adata):
    adata.var["scrcl_used"] = np.arange(adata.n_vars) < 10
    data = to_hetero(adata)
    assert data[_keys.GENE].num_nodes == 10
    assert data[_keys.EXPRESSES].edge_index[1].max() < 10


def test_own_edge_type_is_one_matrix_and_one_line(adata):
    adata.obsp["two_hop"] = (adata.obsp["connectivities"] @ adata.obsp["connectivities"]).tocsr()
    spec = EdgeSpec(("cell", "two_hop", "cell"), attr="obsp", key="two_hop")
    data = to_hetero(adata, edges=(*DEFAULT_EDGES, spec))
    assert data["cell", "two_hop", "cell"].edge_index.shape[1] == adata.obsp["two_hop"].nnz


def test_missing_and_unusable_edges_are_named(adata):
    spec = EdgeSpec(("cell", "far", "cell"), attr="obsp", key="far")
    with pytest.raises(ValueError, match=r"obsp\['far'\] is missing: found 'connectivities', 'dist"):
        to_hetero(adata, edges=[spec])
    adata.obsp["far"] = np.ones((adata.n_obs, adata.n_obs))
    with pytest.raises(ValueError, match=r"obsp\['far'\] is not sparse: found ndarray"):
        to_hetero(adata, edges=[spec])
    adata.obsp["far"] = sparse.csr_matrix(([np.nan], ([0], [1])), (adata.n_obs, adata.n_obs))
    with pytest.raises(ValueError, match=r"obsp\['far'\] is not finite"):
        to_hetero(adata, edges=[spec])


def test_edge_spec_checks_its_slot():
    with pytest.raises(ValueError, match="attr is not known: found 'obsm'"):
        EdgeSpec(("cell", "near", "cell"), attr="obsm", key="spatial")
    with pytest.raises(ValueError, match="varp cannot hold edge type"):
        EdgeSpec(("cell", "near", "cell"), attr="varp", key="x")


def test_needs_the_graph_first():
    import scrcl_geo as sg

    with pytest.raises(ValueError, match=r"run sg.pp.graph\(adata\) first"):
        to_hetero(sg.datasets.toy(n_slides=1, n_cells=50))


def test_tensors_are_symmetric_without_loops_and_space_replaces_expression(adata):
    batch = GraphTensors.from_hetero(to_hetero(adata))
    adj = batch.adj.to_dense()
    assert torch.equal(adj, adj.T)
    assert adj.diagonal().sum() == 0
    joined = adata.obsp["spatial_connectivities"] + adata.obsp["matched_connectivities"]
    assert torch.equal(adj, torch.from_numpy(joined.toarray()))  # neither is in the other
    in_space = (_keys.NEAR, _keys.MATCHED)
    others = [edge for edge in DEFAULT_EDGES if edge.edge_type not in in_space]
    no_space = GraphTensors.from_hetero(to_hetero(adata, edges=others))
    assert no_space.adj.values().numel() == adata.obsp["connectivities"].nnz
