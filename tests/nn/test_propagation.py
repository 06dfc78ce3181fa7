"""Smoothing: dense reference, the two equal orders, and sparse input that stays sparse."""

import pytest
import torch
from graphs import dense, random_graph, relation
from nn.test_refinement import dense_propagate, expression, weighted

from scrcl_geo.nn import Propagation, SmoothedLinear, smooth


@pytest.fixture
def x():
    return torch.randn(40, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_equals_dense_in_value_and_gradient(x):
    edges = random_graph(40)
    x.requires_grad_()
    values = [Propagation()(x, edges), dense_propagate(dense(edges), x)]
    gradients = [torch.autograd.grad((value**2).sum(), x)[0] for value in values]
    torch.testing.assert_close(*values, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-9)


@pytest.mark.parametrize("directed", [False, True])
def test_weighted_and_directed_edges_equal_dense(x, directed):
    matrix = weighted(40)
    if directed:
        matrix = matrix.triu() + 0.3 * matrix.tril()
        matrix[:5] = 0
    x.requires_grad_()
    closed = matrix + torch.eye(40, dtype=torch.float64)
    scale = closed.sum(dim=1).rsqrt()  # degrees of targets, as in the undirected graph
    values = [Propagation()(x, *relation(matrix)), scale[:, None] * closed * scale @ x]
    gradients = [torch.autograd.grad((value**2).sum(), x)[0] for value in values]
    torch.testing.assert_close(*values, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-9)


def test_the_fused_product_equals_messages_edge_by_edge(x):
    fused, by_edge = Propagation(), Propagation()
    by_edge.fuse = False
    index, weight = relation(weighted(40))
    for edges in ((random_graph(40), None), (index, weight)):
        torch.testing.assert_close(fused(x, *edges), by_edge(x, *edges))


def test_hops_repeat_and_zero_hops_do_nothing(x):
    edges, hop = random_graph(40), Propagation()
    assert smooth(x, edges, n_hops=0) is x
    torch.testing.assert_close(smooth(x, edges, n_hops=2), hop(hop(x, edges), edges))


def test_the_order_of_edges_changes_nothing(x):
    index, weight = relation(weighted(40))
    order = torch.randperm(len(weight), generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(
        smooth(x, index[:, order], weight[order], n_hops=2), smooth(x, index, weight, n_hops=2)
    )


def test_both_orders_and_sparse_input_agree():
    x, edges = expression(40, 6), random_graph(40)
    wide = SmoothedLinear(6, 9, n_hops=3).double()  # smooths first
    expected = smooth(x, edges, n_hops=3) @ wide.linear.weight.T + wide.linear.bias
    torch.testing.assert_close(wide(x, edges), expected)
    torch.testing.assert_close(wide(x.to_sparse_csr(), edges), expected)  # multiplies first
    narrow = SmoothedLinear(6, 2, n_hops=3).double()
    expected = smooth(x, edges, n_hops=3) @ narrow.linear.weight.T + narrow.linear.bias
    torch.testing.assert_close(narrow(x, edges), expected)


def test_gradient_passes_through_sparse_input():
    x, edges = expression(40, 6), random_graph(40)
    layer = SmoothedLinear(6, 9, n_hops=2).double()
    layer(x.to_sparse_csr(), edges).square().sum().backward()
    found = layer.linear.weight.grad.clone()
    layer.zero_grad()
    layer(x, edges).square().sum().backward()
    torch.testing.assert_close(found, layer.linear.weight.grad)
