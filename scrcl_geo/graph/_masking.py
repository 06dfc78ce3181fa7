"""Cells hidden at random, to be predicted from those that are seen."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch
from torch_geometric.transforms import BaseTransform

from scrcl_geo import _keys, _validate

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData


class MaskCells(BaseTransform):
    """Hide a share of the cells, drawn anew at every call from torch's generator.

    Writes two masks of the cells, (N,) bool each: ``hidden``, the cells that only their own view shows, no
    message to others, and ``target``, those of them that are to be predicted. Cells marked by ``held_out``,
    where there are any, are targets in validation alone.

    Parameters
    ----------
    rate
        Share of the cells that is hidden, above 0 and below 1.
    """

    def __init__(self, rate: float = 0.6) -> None:
        _validate.within("rate", rate, 1e-3, 1 - 1e-3)
        self.rate = rate

    def forward(self, data: HeteroData) -> HeteroData:
        """The graph with the masks of a training step; called as a transform, of a copy."""
        return self._masked(data, validation=False)

    def validation(self, data: HeteroData) -> HeteroData:
        """The graph with the masks of a check: cells held out are the targets."""
        return self._masked(copy.copy(data), validation=True)

    def _masked(self, data: HeteroData, *, validation: bool) -> HeteroData:
        cells = data[_keys.CELL]
        device = cells.x.device
        hidden = torch.rand(int(cells.num_nodes), device=device) < self.rate
        held_out = cells.get("held_out", torch.zeros_like(hidden))
        cells.hidden = hidden
        cells.target = hidden & (held_out if validation else ~held_out)
        return data
