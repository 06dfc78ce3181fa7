"""One training shared by several processes: who owns which cells, and what the others are told."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from scrcl_geo import _keys, _validate
from scrcl_geo.graph import CellBatches
from scrcl_geo.graph._batches import partition, subgraph
from scrcl_geo.model._paper import PAPER
from scrcl_geo.train._distributed import RankLost
from scrcl_geo.train._fit import Batches
from scrcl_geo.train._runtime import resolve_device, seeded

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

    from scrcl_geo.train import Ranks

_FEWEST = 20  # cells of a process


def check_shared(preset: str, batches: Batches | None, ranks: Ranks | None) -> None:
    """Refuse what several processes cannot share, where there are some."""
    if ranks is not None and (preset == PAPER or batches is not None):
        raise _validate.fail(
            "the training cannot be shared",
            "own batches" if batches is not None else "preset='paper', with a weight for each cell",
            "train in one process",
        )


def share(ranks: Ranks, data: HeteroData, batch_size: int | str, *, seed: int) -> Batches:
    """Give every other process a share of the cells, with the edges among them; batches of the first's own.

    Parameters
    ----------
    batch_size
        Cells per batch and process, or ``"full"``: each takes all of its cells at once.

    Raises
    ------
    ScrclInputError
        There are too few cells to share.
    """
    n_cells = int(data[_keys.CELL].num_nodes)
    if n_cells < _FEWEST * ranks.size:
        found = f"{n_cells} for {ranks.size} processes"
        raise _validate.fail("too few cells to share", found, "train in one process")
    most = -(-n_cells // ranks.size)
    size = most if batch_size == "full" else min(int(batch_size), most)
    parts = partition(data, size, seed=seed)
    shares = shares_of(data, parts, ranks.size, seed=seed)
    n_batches = max(1, round(most / size))
    both = n_batches == 1 or _keys.EXPRESSES in data.edge_types  # our own batches need the way back alone
    cut = partial(subgraph, data, both=both)
    for rank, cells in enumerate(shares[1:], start=1):
        ranks.give(rank, (cut(cells), parts[cells], n_batches))
    return _batches(cut(shares[0]), parts[shares[0]], n_batches)


def shares_of(data: HeteroData, parts: Tensor, n_shares: int, *, seed: int) -> list[Tensor]:
    """Cells of each share, in rising order: whole parts, about as many cells in each share.

    Tissue is cut across its longest side, so that few edges are lost; without space, a share has parts
    from everywhere, because a batch must show each cell unlike ones too.
    """
    cells = data[_keys.CELL]
    sizes = parts.bincount()
    if _keys.NEAR in data.edge_types and "pos" in cells:
        along = cells.pos[:, (cells.pos.amax(dim=0) - cells.pos.amin(dim=0)).argmax()].double()
        place = torch.zeros(len(sizes), dtype=torch.double).index_add(0, parts, along) / sizes
        order = place.nan_to_num(torch.inf).argsort(stable=True)
    else:
        with seeded(seed):
            order = torch.randperm(len(sizes))
    middle = sizes[order].cumsum(0) - sizes[order] / 2
    owner = torch.empty(len(sizes), dtype=torch.long)
    owner[order] = (middle * n_shares / len(parts)).long().clamp_max(n_shares - 1)
    return [(owner[parts] == share).nonzero()[:, 0] for share in range(n_shares)]


def take_part(ranks: Ranks) -> None:
    """Train along with the first process, until it has done or has ended before there is anything to do."""
    try:
        taken = ranks.take()
    except RankLost:
        return
    batches = _batches(*taken)
    del taken
    told: dict[str, Any] = ranks.told()
    device = resolve_device(told.pop("device"))
    told.pop("train")(**told, batches=batches, device=device, checkpoint=None, ranks=ranks, progress=False)


def _batches(data: HeteroData, parts: Tensor, n_batches: int) -> Batches:
    return [data] if n_batches == 1 else CellBatches(data, parts, len(parts) / n_batches)
