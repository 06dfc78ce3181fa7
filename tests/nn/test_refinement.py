"""Refinement equals its dense definition and behaves as a graph layer should."""

import pytest
import torch
from losses.test_losses import random_graph
from torch.nn.functional import leaky_relu, normalize, relu

from scrcl_geo.nn import BipartiteRefinement, PaperRefinement
from scrcl_geo.nn.sparse import operator
from scrcl_geo.nn.tensors import normalized_bipartite

N, G, D, K = 50, 30, 7, 5


def expression(n=N, g=G, dtype=torch.float64, seed=0):
    """Dense (n, g) expression; the first cell and the first gene are empty."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(n, g, generator=generator, dtype=torch.float64)
    x[x < 0.7] = 0
    x[0], x[:, 0] = 0, 0
    return x.to(dtype)


def bipartite(x):
    index = x.nonzero().T
    return operator(index, x[tuple(index)], tuple(x.shape))


def dense_propagate(adj, x):
    closed = adj + torch.eye(len(adj), dtype=adj.dtype)
    scale = closed.sum(dim=1).rsqrt()
    return scale[:, None] * closed * scale @ x


def dense_bipartite(layer, h, x, adj):
    genes = leaky_relu(dense_propagate(adj, x.T @ (h @ layer.to_gene.weight.T)))
    cells = h @ layer.itself.weight.T + x @ genes @ layer.to_cell.weight.T
    return normalize(cells, dim=1), genes


def dense_paper(layer, h, x, adj):
    genes = relu(dense_propagate(adj, x.T @ layer.cell_weight))
    scores = h @ layer.to_gene.weight.T + layer.to_gene.bias  # (N, G), what the layer never forms
    return normalize(scores @ genes, dim=1), genes


def layers(n=N, g=G, dtype=torch.float64):
    torch.manual_seed(0)
    return [
        (BipartiteRefinement(D, K, dropout=0.0).to(dtype), dense_bipartite),
        (PaperRefinement(D, K, n, g, dropout=0.0).to(dtype), dense_paper),
    ]


def loss_and_gradients(outputs, inputs):
    cells, genes = outputs
    weights = torch.arange(cells.shape[1], dtype=cells.dtype)
    loss = (cells * weights).sum() + (genes * weights).sum()
    return loss, torch.autograd.grad(loss, inputs)


@pytest.mark.parametrize("which", [0, 1], ids=["bipartite", "paper"])
def test_equals_dense_definition_in_float64(which):
    layer, reference = layers()[which]
    x, adj = expression(), random_graph(G)
    h = torch.randn(N, D, dtype=torch.float64, requires_grad=True)
    inputs = [h, *layer.parameters()]
    found = loss_and_gradients(layer(h, bipartite(x), adj), inputs)
    expected = loss_and_gradients(reference(layer, h, x, adj.to_dense()), inputs)
    torch.testing.assert_close(found[0], expected[0], rtol=1e-10, atol=1e-10)
    for got, want in zip(found[1], expected[1], strict=True):
        torch.testing.assert_close(got, want, rtol=0, atol=1e-9)


@pytest.mark.parametrize("which", [0, 1], ids=["bipartite", "paper"])
def test_float32_holds_at_5000_cells(which):
    layer, _ = layers(5000, 100)[which]
    single, _ = layers(5000, 100, torch.float32)[which]
    adj = random_graph(100)
    x = expression(5000, 100)
    h = torch.randn(5000, D, dtype=torch.float64)
    exact = layer(h, bipartite(x), adj)[0]
    rounded = single(h.float(), bipartite(x.float()), random_graph(100, torch.float32))[0]
    assert (rounded - exact).norm() / exact.norm() < 1e-3


def test_permuting_cells_and_genes_permutes_the_result():
    layer, _ = layers()[0]
    x, adj = expression(), random_graph(G).to_dense()
    h = torch.randn(N, D, dtype=torch.float64)
    cells, genes = layer(h, bipartite(x), sparse_graph(adj))
    c, g = torch.randperm(N), torch.randperm(G)
    moved = layer(h[c], bipartite(x[c][:, g]), sparse_graph(adj[g][:, g]))
    torch.testing.assert_close(moved[0], cells[c])
    torch.testing.assert_close(moved[1], genes[g])


def sparse_graph(adj):
    index = adj.nonzero().T
    return operator(index, adj[tuple(index)], tuple(adj.shape)).matrix


def test_empty_cells_and_genes_give_no_nan():
    layer, _ = layers()[0]
    x = expression()
    index = x.nonzero().T
    normalized = normalized_bipartite(index, x[tuple(index)], (N, G))
    cells, genes = layer(torch.zeros(N, D).double(), normalized, random_graph(G))
    assert cells.isfinite().all()
    assert genes.isfinite().all()


def test_bipartite_normalisation_equals_dense():
    x = expression()[1:, 1:]
    index = x.nonzero().T
    found = normalized_bipartite(index, x[tuple(index)], tuple(x.shape)).matrix.to_dense()
    expected = x / (x.sum(dim=1, keepdim=True) * x.sum(dim=0)).sqrt()
    torch.testing.assert_close(found, expected)
