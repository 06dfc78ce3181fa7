"""Small graphs as tensors, and their dense forms."""

import torch
from torch_geometric import EdgeIndex
from torch_geometric.data import HeteroData

from scrcl_geo import _keys
from scrcl_geo._messages import plain
from scrcl_geo.graph import linked


def undirected(index, n):
    """``EdgeIndex`` of a graph whose edges stand in both directions already."""
    index = index[:, (index[1] * n + index[0]).argsort()]
    return EdgeIndex(index, sparse_size=(n, n), sort_order="col", is_undirected=True)


def random_graph(n, degree=6, seed=0):
    """Undirected graph without self-loops; the last node has no neighbour."""
    generator = torch.Generator().manual_seed(seed)
    index = torch.randint(0, n - 1, (2, n * degree // 2), generator=generator)
    index = index[:, index[0] != index[1]]
    return undirected(torch.unique(torch.cat([index, index.flip(0)], dim=1), dim=1), n)


def no_edges(n):
    return undirected(torch.empty(2, 0, dtype=torch.long), n)


def dense(edges, weight=None, dtype=torch.float64):
    """Matrix with a row per target and a column per source."""
    index = plain(edges)
    n_sources, n_targets = edges.sparse_size()
    matrix = torch.zeros(n_targets, n_sources, dtype=dtype)
    ones = torch.ones(index.shape[1], dtype=dtype)
    return matrix.index_put((index[1], index[0]), ones if weight is None else weight, accumulate=True)


def relation(matrix):
    """``edge_index``, in the order of its sources, and ``edge_weight`` of a dense matrix target × source."""
    target, source = matrix.nonzero().T
    order = source.argsort(stable=True)
    return torch.stack([source, target])[:, order], matrix[target, source][order]


def cells_and_genes(x, expression, near=None, among_genes=None):
    """A graph by hand: features (N, F), dense expression (N, G), square matrices among cells and genes."""
    data = HeteroData()
    data[_keys.CELL].x, data[_keys.CELL].num_nodes = x, len(expression)
    data[_keys.GENE].num_nodes = expression.shape[1]
    found = {_keys.EXPRESSES: expression.T, _keys.EXPRESSED_BY: expression}
    found |= {_keys.NEAR: near, _keys.COEXPRESSED: among_genes}
    for edge_type, matrix in found.items():
        if matrix is not None:
            data[edge_type].edge_index, data[edge_type].edge_weight = relation(matrix)
    return linked(data)
