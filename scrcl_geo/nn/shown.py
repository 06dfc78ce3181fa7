"""What the refinement is shown of the cells' expression while some of them are hidden."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from scrcl_geo import _keys
from scrcl_geo._messages import plain, positions, reversed_edges, some_edges

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData
    from torch_geometric.data.storage import EdgeStorage

_PARTS = ((_keys.EXPRESSES, _keys.SHOWS, 0), (_keys.EXPRESSED_BY, _keys.SHOWN_BY, 1))  # row of the cells


def expression_to_refine(data: HeteroData, *, by_weight: bool = False) -> HeteroData:
    """The graph in which hidden cells express nothing, so that no message over genes tells of them.

    Where some genes are ``asked`` for, what hidden cells express of the others is in two relations of its
    own, ``(cell, shows, gene)`` and back: it may tell of these cells, which send nothing themselves.

    Edges are taken away, or, ``by_weight``, stay with a weight of zero: how many there are is then known
    without asking a GPU for it. Where cells are hidden or a gradient is asked for, expression leads both
    ways, in a graph that holds the way back alone too.
    """
    hidden = data[_keys.CELL].get("hidden")
    back_alone = _keys.EXPRESSED_BY in data.edge_types and _keys.EXPRESSES not in data.edge_types
    reversed_too = back_alone and (hidden is not None or torch.is_grad_enabled())
    if hidden is None and not reversed_too:
        return data
    data = copy.copy(data)
    if hidden is not None:
        _hide(data, hidden, data[_keys.GENE].get("asked"), by_weight=by_weight)
    if reversed_too:
        for there, back in ((_keys.EXPRESSES, _keys.EXPRESSED_BY), (_keys.SHOWS, _keys.SHOWN_BY)):
            if back in data.edge_types:
                _reverse(data[back], data[there])
    return data


def _hide(data: HeteroData, hidden: Tensor, asked: Tensor | None, *, by_weight: bool) -> None:
    """Take the expression of hidden cells away, and keep what they show in relations of its own."""
    for whole, part, of_cell in _PARTS:
        if whole not in data.edge_types:
            continue
        ends = plain(data[whole].edge_index)
        concealed = hidden.index_select(0, ends[of_cell])
        if asked is not None:
            others = hidden.new_ones(int(data[_keys.GENE].num_nodes)).index_fill(0, asked, False)
            shown = concealed & others.index_select(0, ends[1 - of_cell])
            for name, value in _some(data[whole], shown, by_weight=by_weight).items():
                data[part][name] = value
        for name, value in _some(data[whole], ~concealed, by_weight=by_weight).items():
            data[whole][name] = value


def _some(store: EdgeStorage, kept: Tensor, *, by_weight: bool) -> dict[str, Any]:
    """What a relation holds of some of its edges."""
    if by_weight:
        return {**store, "edge_weight": kept * store.get("edge_weight", 1.0)}
    at = positions(kept)
    return {
        name: some_edges(value, at) if name == "edge_index" else value.index_select(0, at)
        for name, value in store.items()
    }


def _reverse(store: EdgeStorage, other: EdgeStorage) -> None:
    """Write the edges of a relation into another one, the other way."""
    other.edge_index, order = reversed_edges(store.edge_index)
    if "edge_weight" in store:
        other.edge_weight = store.edge_weight.index_select(0, order)
