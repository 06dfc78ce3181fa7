"""The cell graph of the losses: some relations of the cells joined into one."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch_geometric import EdgeIndex
from torch_geometric.utils import remove_self_loops, to_undirected

from scrcl_geo import _keys, _validate

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData


def linked(data: HeteroData, relations: Sequence[str] | None = None) -> HeteroData:
    """The graph with one more edge type, ``(cell, linked_to, cell)``: undirected, of weight 1, no loops.

    Losses and encoders of one relation read it; encoders of several relations read these themselves.

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
        No such relation.
    """
    there = {t[1]: t for t in data.edge_types if t[0] == t[2] == _keys.CELL and t != _keys.LINKED}
    if relations is None:
        in_space = _keys.NEAR[1] in there
        relations = [name for name in there if not (in_space and name == _keys.SIMILAR[1])]
    for name in relations:
        _validate.key(there, name, slot="relations of cells", do="join relations that the graph has")
    n_cells = int(data[_keys.CELL].num_nodes)
    parts = [torch.as_tensor(data[there[name]].edge_index) for name in relations]
    index = torch.cat(parts, dim=1) if parts else torch.empty(2, 0, dtype=torch.long)
    index = to_undirected(remove_self_loops(index)[0], num_nodes=n_cells)
    joined = copy.copy(data)
    edges = EdgeIndex(index.flip(0), sparse_size=(n_cells, n_cells), sort_order="col", is_undirected=True)
    joined[_keys.LINKED].edge_index = edges
    return joined
