"""The sum of weighted messages that our layers have in common."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch_geometric.nn import MessagePassing

from scrcl_geo._messages import aggregate


class WeightedSum(MessagePassing):
    """Message passing in which sources send their features, times the weight of the edge.

    Base of layers that call ``propagate(edge_index, x=…, edge_weight=…, reverse=…)``, with ``reverse`` the
    edges and weights of the reverse relation, where the graph holds it.
    """

    SUPPORTS_FUSED_EDGE_INDEX = True

    def __init__(self) -> None:
        super().__init__(aggr="sum")

    def message(self, x_j: Tensor, edge_weight: Tensor | None) -> Tensor:
        """What a source sends, (E, D)."""
        return x_j if edge_weight is None else edge_weight[:, None] * x_j

    def message_and_aggregate(
        self, edge_index: Any, x: Tensor, edge_weight: Tensor | None, reverse: Any
    ) -> Tensor:
        """The sum of all messages as one sparse product, (n_targets, D), and its gradient as another."""
        return aggregate(edge_index, x, edge_weight, reverse=reverse)
