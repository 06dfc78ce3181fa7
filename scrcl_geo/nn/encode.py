"""How an encoder reads the heterogeneous graph: any module of PyG as it is, told by its signature."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from scrcl_geo import _keys, _validate

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData


def encode(encoder: nn.Module, x: Tensor, data: HeteroData) -> Tensor:
    """The cells as an encoder sees them, (N, D).

    An encoder of one relation, ``forward(x, edge_index, edge_weight=None)``, gets the joined cell graph; one
    of several, ``forward(x_dict, edge_index_dict, edge_weight_dict=None)``, gets every relation by itself,
    with its weights, and the genes' features. Weights are handed to encoders that take them. Of a dict or
    tuple by node type, the cells' part is taken.

    Shapes: ``x`` (N, F), features of the cells for this view → (N, D).

    Raises
    ------
    ScrclInputError
        The result is not one row per cell.
    """
    if reads_relations(encoder):
        found = encoder(*_by_relation(encoder, x, data))
    else:
        parameters = inspect.signature(encoder.forward).parameters
        cells = data[_keys.LINKED]
        graph = {"edge_index": cells.edge_index, "edge_weight": cells.get("edge_weight")}
        taken = {name: value for name, value in graph.items() if name in parameters}
        found = encoder(x, **taken)
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


def _by_relation(encoder: nn.Module, x: Tensor, data: HeteroData) -> list[dict[Any, Tensor]]:
    features = {_keys.CELL: x, _keys.GENE: data[_keys.GENE].x} if _keys.GENE in data.node_types else {}
    features |= {_keys.CELL: x}
    stores = {t: data[t] for t in data.edge_types if t != _keys.LINKED}
    arguments = [features, {t: store.edge_index for t, store in stores.items()}]
    if "edge_weight_dict" in inspect.signature(encoder.forward).parameters:
        arguments.append({t: store.edge_weight for t, store in stores.items() if "edge_weight" in store})
    return arguments
