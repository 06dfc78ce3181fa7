"""Several networks, each trained by itself, whose embeddings stand side by side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from scrcl_geo.nn.scrcl_module import ScRCLModule, Views

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData


class Ensemble(nn.Module):
    """Networks of the same graph; no seed is best, and what several agree on is more than one's chance.

    Shapes: as :class:`ScRCLModule`, with the columns of all members side by side.
    """

    def __init__(self, members: Iterable[ScRCLModule]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def encoded(self, data: HeteroData) -> tuple[Tensor, Tensor]:
        """The cells as both encoders of each member see them, (N, members · D) each."""
        pairs = [member.encoded(data) for member in self.members]  # type: ignore[operator]
        first, second = (torch.cat(views, dim=1) for views in zip(*pairs, strict=True))
        return first, second

    def forward(self, data: HeteroData) -> Views:
        """Both views of one batch."""
        found: list[Views] = [member(data) for member in self.members]
        if len(found) == 1:  # nothing to copy
            return found[0]
        return Views(*(torch.cat(parts, dim=1) for parts in zip(*found, strict=True)))
