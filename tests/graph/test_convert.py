"""AnnData → HeteroData: structure, errors, and that nothing is written."""

import numpy as np
import pytest
import torch
from graphs import dense
from scipy import sparse
from torch_geometric import EdgeIndex

import scrcl_geo as sg
from scrcl_geo import _keys
from scrcl_geo._messages import plain
from scrcl_geo.graph import DEFAULT_EDGES, EdgeSpec, to_hetero
from scrcl_geo.graph._convert import expression_of


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
    n_cells, n_features = toy_graph.obsm["X_scrcl_pca"].shape
    assert data[_keys.CELL].x.shape == (n_cells, n_features)
    assert data[_keys.CELL].pos.shape == (n_cells, 2)
    assert data[_keys.GENE].x.shape == (data[_keys.GENE].num_nodes, n_features)
    assert data[_keys.EXPRESSES].edge_weight.min() > 0


def test_every_relation_is_sorted_by_target_and_knows_its_sizes(toy_graph):
    data = to_hetero(toy_graph)
    for edge_type in data.edge_types:
        edges = data[edge_type].edge_index
        assert isinstance(edges, EdgeIndex)
        assert edges.is_sorted_by_col
        edges.validate()
        assert edges.sparse_size() == (data[edge_type[0]].num_nodes, data[edge_type[2]].num_nodes)
        assert len(data[edge_type].edge_weight) == edges.shape[1]
    assert data[_keys.NEAR].edge_index.is_undirected
    assert not data[_keys.EXPRESSES].edge_index.is_undirected


def test_expression_comes_back_whole(toy_graph):
    data = to_hetero(toy_graph)
    x = to_hetero(toy_graph, use_rep="X")[_keys.CELL].x
    np.testing.assert_array_equal(expression_of(data).toarray(), x.to_dense().numpy())
    del data[_keys.EXPRESSES].edge_weight
    np.testing.assert_array_equal(expression_of(data).toarray(), (x.to_dense() > 0).numpy())


def test_a_gene_is_what_its_cells_are(toy_graph):
    data = to_hetero(toy_graph)
    x, genes = data[_keys.CELL].x.double(), data[_keys.GENE].x.double()
    expression = torch.from_numpy(expression_of(data).toarray()).double()
    used = expression.sum(dim=0) > 0
    mean = (expression.T @ x)[used] / expression.sum(dim=0)[used, None] - x.mean(dim=0)
    torch.testing.assert_close(genes[used], mean, rtol=0, atol=1e-5)
    assert not genes[~used].any()


def test_sparse_features_stay_sparse(toy_graph):
    data = to_hetero(toy_graph, use_rep="X")
    assert data[_keys.CELL].x.layout == torch.sparse_csr
    n_genes = data[_keys.GENE].num_nodes
    assert torch.equal(data[_keys.GENE].x.to_dense(), torch.eye(n_genes))


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
    adata.obsp["two_hop"] = (
        adata.obsp["scrcl_expression_connectivities"] @ adata.obsp["scrcl_expression_connectivities"]
    ).tocsr()
    spec = EdgeSpec(("cell", "two_hop", "cell"), attr="obsp", key="two_hop")
    store = to_hetero(adata, edges=(*DEFAULT_EDGES, spec))["cell", "two_hop", "cell"]
    found = dense(store.edge_index, store.edge_weight, torch.float32)
    np.testing.assert_array_equal(found.numpy(), adata.obsp["two_hop"].toarray())
    assert store.edge_weight.max() > 1


def test_a_row_of_a_matrix_is_a_target(adata):
    adata.obsp["one_way"] = sparse.csr_matrix(([0.5], ([3], [7])), (adata.n_obs, adata.n_obs))
    spec = EdgeSpec(("cell", "one_way", "cell"), attr="obsp", key="one_way")
    edges = to_hetero(adata, edges=[spec])["cell", "one_way", "cell"].edge_index
    assert plain(edges).tolist() == [[7], [3]]  # from source to target
    assert not edges.is_undirected


def test_layers_hold_edges_from_cells_to_genes(adata):
    adata.var["scrcl_used"] = np.arange(adata.n_vars) < 10
    adata.layers["velocity"] = sparse.csr_matrix(([2.0, 5.0], ([3, 4], [7, 20])), adata.shape)
    spec = EdgeSpec(("cell", "velocity_of", "gene"), attr="layers", key="velocity")
    store = to_hetero(adata, edges=[spec])["cell", "velocity_of", "gene"]
    assert plain(store.edge_index).tolist() == [[3], [7]]
    assert store.edge_weight.tolist() == [2.0]
    assert store.edge_index.sparse_size() == (adata.n_obs, 10)


def test_missing_and_unusable_edges_are_named(adata):
    spec = EdgeSpec(("cell", "far", "cell"), attr="obsp", key="far")
    with pytest.raises(ValueError, match=r"obsp\['far'\] is missing: found 'scrcl_expression_conn"):
        to_hetero(adata, edges=[spec])
    adata.obsp["far"] = np.ones((adata.n_obs, adata.n_obs))
    with pytest.raises(ValueError, match=r"obsp\['far'\] is not sparse: found ndarray"):
        to_hetero(adata, edges=[spec])
    adata.obsp["far"] = sparse.csr_matrix(([np.nan], ([0], [1])), (adata.n_obs, adata.n_obs))
    with pytest.raises(ValueError, match=r"obsp\['far'\] is not finite"):
        to_hetero(adata, edges=[spec])


def test_edge_spec_checks_its_slot_and_name():
    with pytest.raises(ValueError, match="attr is not known: found 'obsm'"):
        EdgeSpec(("cell", "near", "cell"), attr="obsm", key="spatial")
    with pytest.raises(ValueError, match="varp cannot hold edge type"):
        EdgeSpec(("cell", "near", "cell"), attr="varp", key="x")
    with pytest.raises(ValueError, match="layers cannot hold edge type"):
        EdgeSpec(("gene", "marks", "cell"), attr="layers", key="x")
    with pytest.raises(ValueError, match=r"edge type \('cell', 'linked_to', 'cell'\) is taken"):
        EdgeSpec(("cell", "linked_to", "cell"), attr="obsp", key="x")


def test_needs_the_graph_first():
    with pytest.raises(ValueError, match=r"run sg.pp.graph\(adata\) first"):
        to_hetero(sg.datasets.toy(n_slides=1, n_cells=50))


def test_edges_are_the_same_numbered_some_targets_at_a_time(adata, monkeypatch):
    whole = to_hetero(adata)
    monkeypatch.setattr("scrcl_geo.graph._convert._TARGETS", 7)
    parts = to_hetero(adata)
    for edge_type in whole.edge_types:
        assert torch.equal(parts[edge_type].edge_index, whole[edge_type].edge_index)
