"""Refinement equals its dense definition and behaves as a graph layer should."""

import pytest
import torch
from graphs import cells_and_genes, dense, random_graph
from torch.nn.functional import leaky_relu, normalize, relu
from torch_geometric.nn import GCNConv

from scrcl_geo import _keys
from scrcl_geo._messages import plain
from scrcl_geo.nn import BipartiteRefinement, ExpressionConv, PaperRefinement
from scrcl_geo.nn.encode import expression_to_refine

N, G, D, K = 50, 30, 7, 5


def expression(n=N, g=G, dtype=torch.float64, seed=0):
    """Dense (n, g) expression; the first cell and the first gene are empty."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(n, g, generator=generator, dtype=torch.float64)
    x[x < 0.7] = 0
    x[0], x[:, 0] = 0, 0
    return x.to(dtype)


def weighted(n, seed=0):
    """Symmetric matrix with weights from 0.5 to 1.5 and an empty diagonal."""
    weight = torch.rand(n, n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return dense(random_graph(n)) * (weight + weight.T + 1) / 2


def graph(x, among_genes, dtype=torch.float64):
    x, among_genes = x.to(dtype), among_genes.to(dtype)
    return cells_and_genes(x, x, among_genes=among_genes)


def dense_propagate(adj, x):
    closed = adj + torch.eye(len(adj), dtype=adj.dtype)
    scale = closed.sum(dim=1).rsqrt()
    return scale[:, None] * closed * scale @ x


def dense_normalized(x):
    scale = [torch.where(total > 0, total.rsqrt(), 0) for total in (x.sum(dim=1), x.sum(dim=0))]
    return scale[0][:, None] * x * scale[1]


def dense_bipartite(layer, h, x, adj):
    x = dense_normalized(x)
    genes = leaky_relu(dense_propagate(adj, x.T @ (h @ layer.to_gene.weight.T)))
    cells = h @ layer.itself.weight.T + x @ genes @ layer.to_cell.weight.T
    return normalize(cells, dim=1), genes


def dense_paper(layer, h, x, adj):
    genes = relu(dense_propagate(adj, x.T @ layer.gene.weight.T) + layer.gene.bias)
    scores = layer.project(h)  # (N, G), what the layer never forms
    return normalize(scores @ genes, dim=1), genes


def layers(data, dtype=torch.float64):
    torch.manual_seed(0)
    n_cells, n_genes = data[_keys.CELL].x.shape
    paper = PaperRefinement(D, K, n_cells=n_cells, n_genes=n_genes, dropout=0.0)
    return [
        (BipartiteRefinement(D, K, dropout=0.0).to(dtype), dense_bipartite),
        (paper.to(dtype), dense_paper),
    ]


def loss_and_gradients(outputs, inputs):
    cells, genes = outputs
    weights = torch.arange(cells.shape[1], dtype=cells.dtype)
    loss = (cells * weights).sum() + (genes * weights).sum()
    return loss, torch.autograd.grad(loss, inputs)


@pytest.mark.parametrize("which", [0, 1], ids=["bipartite", "paper"])
def test_equals_dense_definition_in_float64(which):
    x, adj = expression(), weighted(G)
    data = graph(x, adj)
    layer, reference = layers(data)[which]
    h = torch.randn(N, D, dtype=torch.float64, requires_grad=True)
    inputs = [h, *layer.parameters()]
    found = loss_and_gradients(layer(h, data), inputs)
    expected = loss_and_gradients(reference(layer, h, x, adj), inputs)
    torch.testing.assert_close(found[0], expected[0], rtol=1e-10, atol=1e-10)
    for got, want in zip(found[1], expected[1], strict=True):
        torch.testing.assert_close(got, want, rtol=0, atol=1e-9)


@pytest.mark.parametrize("which", [0, 1], ids=["bipartite", "paper"])
def test_float32_holds_at_5000_cells(which):
    x, adj = expression(5000, 100), weighted(100)
    data = graph(x, adj)
    layer, _ = layers(data)[which]
    h = torch.randn(5000, D, dtype=torch.float64)
    exact = layer(h, data)[0]
    rounded = layer.float()(h.float(), graph(x, adj, torch.float32))[0]
    assert (rounded - exact).norm() / exact.norm() < 1e-3


def test_permuting_cells_and_genes_permutes_the_result():
    x, adj = expression(), weighted(G)
    layer, _ = layers(graph(x, adj))[0]
    h = torch.randn(N, D, dtype=torch.float64)
    cells, genes = layer(h, graph(x, adj))
    c, g = torch.randperm(N), torch.randperm(G)
    moved = layer(h[c], graph(x[c][:, g], adj[g][:, g]))
    torch.testing.assert_close(moved[0], cells[c])
    torch.testing.assert_close(moved[1], genes[g])


@pytest.mark.parametrize("which", [0, 1], ids=["bipartite", "paper"])
def test_the_order_of_edges_changes_nothing(which):
    data = graph(expression(), weighted(G))
    layer, _ = layers(data)[which]
    h = torch.randn(N, D, dtype=torch.float64)
    expected = layer(h, data)
    for edge_type in data.edge_types:
        if edge_type == _keys.LINKED:
            continue
        order = torch.randperm(data[edge_type].edge_weight.numel())
        data[edge_type].edge_index = plain(data[edge_type].edge_index)[:, order]
        data[edge_type].edge_weight = data[edge_type].edge_weight[order]
    for got, want in zip(layer(h, data), expected, strict=True):
        torch.testing.assert_close(got, want)


@pytest.mark.parametrize("which", [0, 1], ids=["bipartite", "paper"])
def test_empty_cells_and_genes_give_finite_values_and_gradients(which):
    data = graph(expression(), weighted(G))
    layer, _ = layers(data)[which]
    h = torch.zeros(N, D, dtype=torch.float64, requires_grad=True)
    outputs = layer(h, data)
    assert all(part.isfinite().all() for part in outputs)
    assert all(part.isfinite().all() for part in loss_and_gradients(outputs, [h, *layer.parameters()])[1])


def test_messages_over_expression_equal_the_dense_product_both_ways():
    x = expression()
    data = graph(x, weighted(G))
    there, back = ((data[t].edge_index, data[t].edge_weight) for t in (_keys.EXPRESSES, _keys.EXPRESSED_BY))
    cells, genes = torch.randn(N, 3, dtype=torch.float64), torch.randn(G, 3, dtype=torch.float64)
    conv = ExpressionConv()
    torch.testing.assert_close(conv(cells, there, back, (N, G)), x.T @ cells)
    torch.testing.assert_close(conv(genes, back, there, (G, N)), x @ genes)


def test_the_fused_product_equals_messages_edge_by_edge():
    data = graph(expression(), weighted(G))
    there, back = ((data[t].edge_index, data[t].edge_weight) for t in (_keys.EXPRESSES, _keys.EXPRESSED_BY))
    fused, by_edge = ExpressionConv(), ExpressionConv()
    by_edge.fuse = False
    cells = torch.randn(N, 3, dtype=torch.float64, requires_grad=True)
    pairs = []
    for conv in (fused, by_edge):
        value = conv(cells, there, back, (N, G))
        pairs.append((value, *torch.autograd.grad(value.square().sum(), cells)))
    for got, want in zip(*pairs, strict=True):
        torch.testing.assert_close(got, want)


def test_several_relations_of_genes_are_averaged_and_none_is_no_hop():
    x, adj = expression(), weighted(G)
    layer, _ = layers(graph(x, adj))[0]
    h = torch.randn(N, D, dtype=torch.float64)
    first = layer(h, graph(x, adj))[1]
    twice = graph(x, adj)
    twice["gene", "again", "gene"].edge_index = twice[_keys.COEXPRESSED].edge_index
    twice["gene", "again", "gene"].edge_weight = twice[_keys.COEXPRESSED].edge_weight
    torch.testing.assert_close(layer(h, twice)[1], first)
    alone = cells_and_genes(torch.zeros(N, 1, dtype=torch.float64), x)
    expected = leaky_relu(dense_normalized(x).T @ (h @ layer.to_gene.weight.T))
    torch.testing.assert_close(layer(h, alone)[1], expected)
    assert not torch.allclose(first, expected)


def test_the_papers_refinement_knows_its_cells():
    layer, _ = layers(graph(expression(), weighted(G)))[1]
    others = graph(expression(N + 1), weighted(G))
    with pytest.raises(ValueError, match=r"cannot read the features .*\(51, 30\) for 50 cells and 30 genes"):
        layer(torch.zeros(N + 1, D, dtype=torch.float64), others)


def test_the_papers_genes_are_those_of_a_convolution_of_pyg():
    x = expression()
    data = graph(x, weighted(G))
    directed = (torch.rand(G, G, generator=torch.Generator().manual_seed(3)) > 0.8).fill_diagonal_(False)
    index = directed.nonzero().T
    data[_keys.COEXPRESSED].edge_index = index
    del data[_keys.COEXPRESSED].edge_weight
    layer, _ = layers(data)[1]
    conv = GCNConv(N, K).double()
    conv.lin.weight, conv.bias = layer.gene.weight, layer.gene.bias
    torch.nn.init.normal_(layer.gene.bias)
    _, genes = layer(torch.zeros(N, D, dtype=torch.float64), data)
    torch.testing.assert_close(genes, relu(conv(x.T, index)))


@pytest.mark.parametrize("which", [0, 1], ids=["bipartite", "paper"])
def test_a_pair_of_views_is_refined_as_each_by_itself(which):
    data = graph(expression(), weighted(G))
    layer, _ = layers(data)[which]
    h1, h2 = torch.randn(2, N, D, dtype=torch.float64)
    (z1, genes1), (z2, genes2) = layer(h1, data), layer(h2, data)
    torch.testing.assert_close(layer.pair(h1, h2, data), (z1, z2, (genes1 + genes2) / 2))
    with torch.no_grad():
        torch.testing.assert_close(layer.pair(h1, h2, data), (z1, z2, (genes1 + genes2) / 2))


@pytest.mark.parametrize("mean", [False, True], ids=["symmetric", "mean"])
@pytest.mark.parametrize("n_genes", [None, G], ids=["messages alone", "embedded genes"])
def test_hidden_cells_neither_send_nor_receive(mean, n_genes):
    x, adj = expression(), weighted(G)
    data = graph(x, adj)
    hidden = torch.arange(N) % 3 == 0
    data[_keys.CELL].hidden = hidden
    torch.manual_seed(0)
    layer = BipartiteRefinement(D, K, n_genes=n_genes, mean=mean, dropout=0.0).double()
    h = torch.randn(N, D, dtype=torch.float64, requires_grad=True)
    there = x * ~hidden[:, None]
    if mean:
        to_gene = there / there.sum(dim=0).clamp_min(1e-6)
        to_cell = there / there.sum(dim=1, keepdim=True).clamp_min(1e-6)
    else:
        to_gene = to_cell = dense_normalized(there)
    genes = leaky_relu(dense_propagate(adj, to_gene.T @ (h @ layer.to_gene.weight.T)))
    if n_genes is not None:
        genes = genes + layer.gene_embedding
    cells = normalize(h @ layer.itself.weight.T + to_cell @ genes @ layer.to_cell.weight.T, dim=1)
    inputs = [h, *layer.parameters()]
    found = loss_and_gradients(layer(h, expression_to_refine(data)), inputs)
    expected = loss_and_gradients((cells, genes), inputs)
    torch.testing.assert_close(found[0], expected[0], rtol=1e-10, atol=1e-10)
    for got, want in zip(found[1], expected[1], strict=True):
        torch.testing.assert_close(got, want, rtol=0, atol=1e-9)
