"""How an encoder reads the heterogeneous graph: any module of PyG as it is, told by its signature."""

from __future__ import annotations

import copy
import inspect
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch_geometric.nn import HeteroConv, MessagePassing

from scrcl_geo import _keys, _validate
from scrcl_geo._messages import csr_tensor, linked_edges, plain, positions, reversed_edges, some_edges

if TYPE_CHECKING:
    from torch_geometric import EdgeIndex
    from torch_geometric.data import HeteroData
    from torch_geometric.data.storage import EdgeStorage


def encode(encoder: nn.Module, x: Tensor, data: HeteroData, *, hide: bool = True) -> Tensor:
    """The cells as an encoder sees them, (N, D).

    An encoder of one relation, ``forward(x, edge_index, edge_weight=None)``, gets the joined cell graph; one
    of several, ``forward(x_dict, edge_index_dict, edge_weight_dict=None)``, gets every relation by itself and
    the features of the genes too. Weights, and the mask of ``hidden`` cells in training, are handed to
    encoders that take them; to others hidden cells are zero. Of a dict by node type, the cells' part is
    taken.

    Shapes: ``x`` (N, F), features of the cells for this view → (N, D).

    Raises
    ------
    ScrclInputError
        The result is not one row per cell.
    """
    parameters = inspect.signature(encoder.forward).parameters
    hidden = data[_keys.CELL].get("hidden") if hide else None
    if hidden is not None and "hidden" not in parameters:
        x = _without(x, hidden)
    optional: dict[str, Any] = {"hidden": hidden}
    if reads_relations(encoder):
        stores = {t: data[t] for t in data.edge_types if t != _keys.LINKED}
        features = {node: data[node].x for node in data.node_types if "x" in data[node]} | {_keys.CELL: x}
        arguments: list[Any] = [
            features,
            dict(zip(stores, _edges(encoder, [s.edge_index for s in stores.values()]), strict=True)),
        ]
        optional["edge_weight_dict"] = _weights(encoder, stores)
    else:
        arguments = [x]
        if "edge_index" in parameters:
            (optional["edge_index"],) = _edges(encoder, [linked_edges(data)])
            optional["edge_weight"] = data[_keys.LINKED].get("edge_weight")
    taken = {name for name in optional if name in parameters}
    if isinstance(encoder, HeteroConv):
        taken.add("edge_weight_dict")  # handed on as ``edge_weight`` to the layers it is for
    found = encoder(*arguments, **{name: optional[name] for name in taken})
    if isinstance(found, dict):
        found = found.get(_keys.CELL)
    if not isinstance(found, Tensor) or found.ndim != 2 or len(found) != len(x):
        shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise _validate.fail(
            f"{type(encoder).__name__} does not encode the cells",
            str(shape),
            f"return a tensor ({len(x)}, D), or a dict that holds one for {_keys.CELL!r}",
        )
    return found


def reads_relations(encoder: nn.Module) -> bool:
    """Whether an encoder takes dicts by node and edge type, as ``HeteroConv``, ``HGTConv`` and their kin."""
    first = next(iter(inspect.signature(encoder.forward).parameters), "")
    return first.endswith("_dict")


def expression_to_refine(data: HeteroData, *, by_weight: bool = False) -> HeteroData:
    """The graph in which hidden cells express nothing, so that no message over genes tells of them.

    Their edges are taken away, or, ``by_weight``, stay with a weight of zero: how many there are is then
    known without asking a GPU for it. Where cells are hidden or a gradient is asked for, expression leads
    both ways, in a graph that holds the way back alone too.
    """
    hidden = data[_keys.CELL].get("hidden")
    back_alone = _keys.EXPRESSED_BY in data.edge_types and _keys.EXPRESSES not in data.edge_types
    reversed_too = back_alone and (hidden is not None or torch.is_grad_enabled())
    if hidden is None and not reversed_too:
        return data
    data = copy.copy(data)
    if hidden is not None:
        for edge_type, of_cell in ((_keys.EXPRESSES, 0), (_keys.EXPRESSED_BY, 1)):
            if edge_type in data.edge_types:
                _take_away(data[edge_type], of_cell, hidden, by_weight=by_weight)
    if reversed_too:
        back, there = data[_keys.EXPRESSED_BY], data[_keys.EXPRESSES]
        there.edge_index, order = reversed_edges(back.edge_index)
        if "edge_weight" in back:
            there.edge_weight = back.edge_weight.index_select(0, order)
    return data


def _take_away(store: EdgeStorage, of_cell: int, hidden: Tensor, *, by_weight: bool) -> None:
    seen = (~hidden).index_select(0, plain(store.edge_index)[of_cell])
    if by_weight:
        store.edge_weight = seen * store.get("edge_weight", 1.0)
        return
    keep = positions(seen)
    for name, value in store.items():
        store[name] = some_edges(value, keep) if name == "edge_index" else value.index_select(0, keep)


def _without(x: Tensor, hidden: Tensor) -> Tensor:
    """Features with zero rows for hidden cells, dense or CSR as they are."""
    if x.layout != torch.sparse_csr:
        return x * ~hidden[:, None]
    pointers = x.crow_indices()
    values = x.values() * (~hidden).repeat_interleave(pointers.diff())
    return csr_tensor(pointers, x.col_indices(), values, (x.shape[0], x.shape[1]))


def _edges(encoder: nn.Module, relations: list[EdgeIndex]) -> list[Tensor]:
    """Edges with what is known of them for layers that sum by it; others may put relations together."""
    layers = [layer for layer in encoder.modules() if isinstance(layer, MessagePassing)]
    fused = all(layer.SUPPORTS_FUSED_EDGE_INDEX for layer in layers)
    return list(relations) if fused else [plain(edge_index) for edge_index in relations]


def _weights(encoder: nn.Module, stores: dict[Any, EdgeStorage]) -> dict[Any, Tensor]:
    """Weights of the relations that have some."""
    weights = {t: store.edge_weight for t, store in stores.items() if "edge_weight" in store}
    if not isinstance(encoder, HeteroConv):
        return weights
    layers = {t: inspect.signature(layer.forward).parameters for t, layer in encoder.convs.items()}
    return {t: weight for t, weight in weights.items() if "edge_weight" in layers.get(t, ())}
