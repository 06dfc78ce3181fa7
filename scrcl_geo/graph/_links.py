"""The cell graph of the losses: some relations of the cells joined into one."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch_geometric import EdgeIndex
from torch_geometric.utils import remove_self_loops, to_undirected

from scrcl_geo import _keys, _validate
from scrcl_geo._messages import plain

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData
    from torch_geometric.data.storage import EdgeStorage


def linked(data: HeteroData, relations: Sequence[str] | None = None) -> HeteroData:
    """The graph with one more edge type, ``(cell, linked_to, cell)``: undirected, no loops.

    Losses read its edges, encoders of one relation its weights too, the largest of an edge's weights in the
    relations and both directions; where all are 1, it has none. Encoders of several relations read these
    themselves.

    Parameters
    ----------
    data
        Not changed.
    relations
        Names of the relations of cells that are joined. By default all of them, but in tissue not
        ``similar_to``, as in the paper: cells alike in expression may be far apart there.

    Raises
    ------
    ScrclInputError
        No such relation, or a negative weight in one of them.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> data = sg.graph.linked(sg.graph.to_hetero(adata))
    >>> bool(data["cell", "linked_to", "cell"].edge_index.is_undirected)
    True
    """
    there = {t[1]: t for t in data.edge_types if t[0] == t[2] == _keys.CELL and t != _keys.LINKED}
    if relations is None:
        in_space = _keys.NEAR[1] in there
        relations = [name for name in there if not (in_space and name == _keys.SIMILAR[1])]
    for name in relations:
        _validate.key(there, name, slot="relations of cells", do="join relations that the graph has")
    n_cells = int(data[_keys.CELL].num_nodes)
    stores = [data[there[name]] for name in relations]
    parts = [plain(store.edge_index) for store in stores]
    index = torch.cat(parts, dim=1) if parts else torch.empty(2, 0, dtype=torch.long)
    weight = _weights(dict(zip(relations, stores, strict=True)))
    index, weight = remove_self_loops(index, weight)
    if weight is None:
        index = to_undirected(index, num_nodes=n_cells)
    else:
        index, weight = to_undirected(index, weight, num_nodes=n_cells, reduce="max")
    joined = copy.copy(data)
    edges = EdgeIndex(index.flip(0), sparse_size=(n_cells, n_cells), sort_order="col", is_undirected=True)
    joined[_keys.LINKED].edge_index = edges
    if weight is not None:
        joined[_keys.LINKED].edge_weight = weight
    return joined


def _weights(stores: Mapping[str, EdgeStorage]) -> Tensor | None:
    """Weights of all relations one after the other; None where each is 1."""
    weights = []
    for name, store in stores.items():
        weight = store.get("edge_weight")
        weights.append(_ones(store) if weight is None else weight)
        if len(weights[-1]) and weights[-1].min() < 0:
            raise _validate.fail(
                f"relation {name!r} cannot be joined",
                f"the weight {weights[-1].min():g}",
                "join others, and read it by an encoder of several relations",
            )
    if all(bool((weight == 1).all()) for weight in weights):
        return None
    return torch.cat(weights)


def _ones(store: EdgeStorage) -> Tensor:
    return torch.ones(store.edge_index.shape[1], device=store.edge_index.device)
