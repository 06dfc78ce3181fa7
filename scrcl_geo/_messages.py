"""Sums of messages over the edges of a graph: a sparse product whose backward pass is one too.

Torch's own backward pass of a sparse product transposes the matrix at every call, and PyG's ``EdgeIndex``
gathers its weights anew; both cost several times the product (``benchmarks/products.py``).
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch_geometric import EdgeIndex

from scrcl_geo import _keys, _validate

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

_ROWS = 10_000  # dense at a time


def aggregate(
    edge_index: Tensor,
    x: Tensor,
    edge_weight: Tensor | None = None,
    *,
    reverse: tuple[Tensor, Tensor | None] | None = None,
    n_targets: int | None = None,
) -> Tensor:
    """Sum of the weighted features of each node's sources; the weights are constants.

    Shapes: ``edge_index`` (2, E) from sources (row 0) to targets (row 1), ``x`` (n_sources, D) dense or CSR,
    ``edge_weight`` (E,), all 1 by default → (n_targets, D). O(E D).

    Parameters
    ----------
    reverse
        ``edge_index`` and ``edge_weight`` of the reverse relation, where the graph holds it: the backward
        pass sums over it. Otherwise it is found by sorting, unless the graph is undirected.
    n_targets
        Where ``edge_index`` is a plain tensor; as many as sources by default.
    """
    edges, weight = sorted_by_target(edge_index, edge_weight, (len(x), n_targets or len(x)))
    forward = _operand(edges.get_csc()[0], weight, x.dtype, edges.sparse_size()[::-1])
    if not (x.requires_grad and torch.is_grad_enabled()):
        return forward @ x
    if reverse is not None:
        back, back_weight = sorted_by_target(*reverse, edges.sparse_size()[::-1])
        backward = _operand(back.get_csc()[0], back_weight, x.dtype, edges.sparse_size())
    elif edges.is_undirected:
        backward = forward
    else:
        compressed, order = edges.get_csr()
        weight = weight if weight is None or order is None else weight[order]
        backward = _operand(compressed, weight, x.dtype, edges.sparse_size())
    return _Product.apply(forward, backward, x)


def aggregate_back(edge_index: EdgeIndex, edge_weight: Tensor | None, x: Tensor) -> Tensor:
    """Sum of the weighted features of each node's targets, against the direction of edges sorted by target.

    No other order of the edges is made: some targets at a time, as dense rows.

    Shapes: ``edge_index`` (2, E), ``edge_weight`` (E,), ``x`` (n_targets, D) → (n_sources, D), without a
    gradient. O(n_sources · n_targets · D).
    """
    pointers, sources = edge_index.get_csc()[0]
    n_sources, n_targets = (int(n or 0) for n in edge_index.sparse_size())
    total = x.new_zeros(n_sources, x.shape[1])
    with torch.no_grad():
        for start in range(0, n_targets, _ROWS):
            rows = slice(start, min(start + _ROWS, n_targets))
            sizes = pointers[rows.start : rows.stop + 1].diff()
            held = slice(int(pointers[rows.start]), int(pointers[rows.stop]))
            first = torch.arange(0, len(sizes) * n_sources, n_sources, device=x.device)
            at = first.repeat_interleave(sizes) + sources[held]
            weight = x.new_ones(len(at)) if edge_weight is None else edge_weight[held].to(x.dtype)
            block = x.new_zeros(len(sizes) * n_sources).scatter_add_(0, at, weight)
            total += block.view(len(sizes), n_sources).T @ x[rows]
    return total


def sorted_by_target(
    edge_index: Tensor, edge_weight: Tensor | None, sparse_size: tuple[int | None, int | None]
) -> tuple[EdgeIndex, Tensor | None]:
    """Edges in the order in which they are summed; as they are where they already are in it."""
    if isinstance(edge_index, EdgeIndex) and edge_index.is_sorted_by_col and _sized(edge_index):
        return edge_index, edge_weight
    edges, order = EdgeIndex(plain(edge_index).contiguous(), sparse_size=sparse_size).sort_by("col")
    return edges, edge_weight if edge_weight is None or order is None else edge_weight[order]


def reversed_edges(edge_index: EdgeIndex) -> tuple[EdgeIndex, Tensor]:
    """The same edges the other way, sorted by target, and where each was, (E,).

    Where the numbers of nodes fit into 16 bits, torch sorts by counting, in a quarter of the time of 64 bits.
    """
    rows, (n_sources, n_targets) = plain(edge_index), edge_index.sparse_size()
    short = (n_sources or 0) <= torch.iinfo(torch.int16).max
    order = rows[0].to(torch.int16 if short else rows.dtype).sort(stable=True).indices
    some = torch.stack([row.index_select(0, order) for row in rows.flip(0)])
    return EdgeIndex(some, sparse_size=(n_targets, n_sources), sort_order="col"), order


def edges_into(edge_index: EdgeIndex, nodes: Tensor) -> tuple[Tensor, Tensor]:
    """The edges that end in some nodes: which of ``nodes`` each ends in, and its position among all, (e,).

    In the order of ``nodes``; O(e), however many edges there are.
    """
    pointers = edge_index.get_csc()[0][0]
    start, size = pointers[nodes], pointers[nodes + 1] - pointers[nodes]
    which = torch.arange(len(nodes), device=nodes.device).repeat_interleave(size)
    ahead = (start - (size.cumsum(0) - size)).repeat_interleave(size)
    return which, ahead.add_(torch.arange(len(which), device=nodes.device))


def at_hand(x: Tensor) -> bool:
    """Whether a number that hangs on the entries of a tensor is there at once: a GPU has to be waited for."""
    return x.device.type == "cpu"


def positions(mask: Tensor) -> Tensor:
    """Where a mask (N,) is true, in order; on a CPU by NumPy, which takes a ninth of torch's time."""
    if not at_hand(mask):
        return mask.nonzero()[:, 0]
    return torch.from_numpy(mask.numpy().nonzero()[0])


def some_edges(edge_index: Tensor, keep: Tensor) -> Tensor:
    """The edges at some positions, (2, e); in order where all are."""
    # row by row: ``index_select`` runs along contiguous numbers then, several times as fast as indexing
    rows = plain(edge_index)
    some = rows.new_empty(2, len(keep))
    for row, kept in zip(rows, some, strict=True):
        torch.index_select(row, 0, keep, out=kept)
    if not isinstance(edge_index, EdgeIndex):
        return some
    return EdgeIndex(some, sparse_size=edge_index.sparse_size(), sort_order=edge_index.sort_order)


def _sized(edge_index: EdgeIndex) -> bool:
    return None not in edge_index.sparse_size()


def linked_edges(data: HeteroData) -> EdgeIndex:
    """Edges of the joined cell graph, (2, E).

    Raises
    ------
    ScrclInputError
        The graph has none.
    """
    if _keys.LINKED not in data.edge_types:  # asking a HeteroData for it would create it
        raise _validate.fail(
            f"the graph has no edges {_keys.LINKED}",
            _validate.shown(["/".join(edge_type) for edge_type in data.edge_types]),
            "join relations of its cells with sg.graph.linked(data)",
        )
    return data[_keys.LINKED].edge_index


def plain(edge_index: Tensor) -> Tensor:
    """The edges as an ordinary tensor (2, E)."""
    return edge_index.as_tensor() if isinstance(edge_index, EdgeIndex) else edge_index


def degree(edge_index: EdgeIndex, dtype: torch.dtype = torch.float32) -> Tensor:
    """Edges that end in each node, (n_targets,)."""
    return edge_index.get_csc()[0][0].diff().to(dtype)


def csr_tensor(pointers: Tensor, columns: Tensor, values: Tensor, shape: tuple[int, int]) -> Tensor:
    """Torch CSR from its arrays."""
    with warnings.catch_warnings():  # torch announces once that its CSR layout is in beta
        warnings.filterwarnings("ignore", message="Sparse", category=UserWarning)
        return torch.sparse_csr_tensor(pointers, columns, values, shape)


def _operand(
    compressed: tuple[Tensor, Tensor], weight: Tensor | None, dtype: torch.dtype, shape: Any
) -> Tensor:
    pointers, columns = compressed
    if weight is None:
        weight = torch.ones(len(columns), device=columns.device, dtype=dtype)
    return csr_tensor(pointers, columns, weight.to(dtype), shape)


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, matrix: Tensor, transpose: Tensor, x: Tensor) -> Tensor:
        ctx.transpose = transpose
        return matrix @ x

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, None, Tensor]:
        return None, None, ctx.transpose @ grads[0].contiguous()
