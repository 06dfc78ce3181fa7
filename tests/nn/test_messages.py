"""Sums against the direction of the edges, which need no other order of them."""

import pytest
import torch
from torch_geometric import EdgeIndex

from scrcl_geo import _messages


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64])
@pytest.mark.parametrize("weighted", [True, False])
def test_sums_over_targets_are_those_of_the_reverse(dtype, weighted, monkeypatch):
    monkeypatch.setattr(_messages, "_ROWS", 4)  # several blocks, the last one short
    torch.manual_seed(0)
    n_sources, n_targets = 7, 10
    dense = torch.rand(n_targets, n_sources) * (torch.rand(n_targets, n_sources) < 0.4)
    dense[3] = 0  # a target without edges
    target, source = dense.nonzero().T
    edges = EdgeIndex(
        torch.stack([source, target]).to(dtype), sparse_size=(n_sources, n_targets), sort_order="col"
    )
    weight = dense[target, source] if weighted else None
    x = torch.rand(n_targets, 3)
    expected = (dense if weighted else (dense > 0).float()).T @ x
    torch.testing.assert_close(_messages.aggregate_back(edges, weight, x), expected)
