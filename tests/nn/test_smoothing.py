"""Smoothing: dense reference, the two equal orders, and sparse input that stays sparse."""

import torch
from losses.test_losses import random_graph
from nn.test_refinement import dense_propagate, expression

from scrcl_geo.nn import SmoothedLinear, propagate, smooth
from scrcl_geo.nn.sparse import csr


def as_csr(x):
    index = x.nonzero().T
    return csr(index, x[tuple(index)], tuple(x.shape))


def test_propagate_equals_dense():
    adj = random_graph(40)
    x = torch.randn(40, 3, dtype=torch.float64)
    torch.testing.assert_close(propagate(adj, x), dense_propagate(adj.to_dense(), x))


def test_hops_repeat_and_zero_hops_do_nothing():
    adj = random_graph(40)
    x = torch.randn(40, 3, dtype=torch.float64)
    assert smooth(adj, x, 0) is x
    torch.testing.assert_close(smooth(adj, x, 2), propagate(adj, propagate(adj, x)))


def test_both_orders_and_sparse_input_agree():
    x, adj = expression(40, 6), random_graph(40)
    wide = SmoothedLinear(6, 9, n_hops=3).double()  # smooths first
    expected = smooth(adj, x, 3) @ wide.linear.weight.T + wide.linear.bias
    torch.testing.assert_close(wide(x, adj), expected)
    torch.testing.assert_close(wide(as_csr(x), adj), expected)  # multiplies first
    narrow = SmoothedLinear(6, 2, n_hops=3).double()
    expected = smooth(adj, x, 3) @ narrow.linear.weight.T + narrow.linear.bias
    torch.testing.assert_close(narrow(x, adj), expected)


def test_gradient_passes_through_sparse_input():
    x, adj = expression(40, 6), random_graph(40)
    layer = SmoothedLinear(6, 9, n_hops=2).double()
    layer(as_csr(x), adj).square().sum().backward()
    found = layer.linear.weight.grad.clone()
    layer.zero_grad()
    layer(x, adj).square().sum().backward()
    torch.testing.assert_close(found, layer.linear.weight.grad)
