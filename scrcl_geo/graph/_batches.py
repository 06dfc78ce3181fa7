"""Mini-batches of connected cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch_geometric import EdgeIndex

from scrcl_geo import _keys

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

_PARTS_PER_BATCH = 16


class CellBatches:
    """Batches of a large graph: a few random parts of a partition at a time, with the edges among them.

    An epoch goes through every part once, in an order drawn from torch's generator. Cells of one part are
    near to each other, in expression or in tissue, so that most edges lie within a batch; joining several
    parts shows each cell unlike ones too.

    Source: Chiang et al., Cluster-GCN, KDD 2019, stochastic multiple partitions.

    Parameters
    ----------
    data
        The whole graph.
    parts
        Part of each cell, (N,); see :func:`partition`.
    batch_size
        Cells per batch, about.
    """

    def __init__(self, data: HeteroData, parts: Tensor, batch_size: int) -> None:
        self.data = data
        self._members = parts.argsort(stable=True).split(parts.bincount().tolist())
        self._members = tuple(members for members in self._members if len(members))
        self._n_batches = max(1, round(len(parts) / batch_size))

    def __len__(self) -> int:
        """Batches per epoch."""
        return self._n_batches

    def __iter__(self) -> Iterator[HeteroData]:
        """The batches of one epoch."""
        for cells in self.cells():
            yield subgraph(self.data, cells)

    def cells(self) -> Iterator[Tensor]:
        """The cells of each batch of one epoch, in their order; the next call is the next epoch."""
        shuffled = [self._members[part] for part in torch.randperm(len(self._members)).tolist()]
        sizes = torch.tensor([len(members) for members in shuffled])
        ends = sizes.cumsum(0)
        # each part goes to the batch in whose share of all cells its middle lies
        middle = ends - sizes / 2
        batch = (middle * self._n_batches / ends[-1]).long().clamp_max(self._n_batches - 1)
        for b in batch.unique().tolist():
            yield torch.cat([shuffled[i] for i in torch.nonzero(batch == b)[:, 0].tolist()]).sort().values


def subgraph(data: HeteroData, cells: Tensor) -> HeteroData:
    """Some cells in rising order, the edges among them, and all genes.

    PyG's own ``subgraph`` keeps the order of edges but not what is known of it.
    """
    part = data.subgraph({_keys.CELL: cells})
    for edge_type in part.edge_types:
        whole = data[edge_type].edge_index
        sizes = tuple(int(part[node].num_nodes) for node in (edge_type[0], edge_type[2]))
        part[edge_type].edge_index = EdgeIndex(
            part[edge_type].edge_index,
            sparse_size=sizes,
            sort_order=whole.sort_order,
            is_undirected=whole.is_undirected,
        )
    return part


def partition(data: HeteroData, batch_size: int, *, seed: int = 0) -> Tensor:
    """Part of each cell, (N,): small groups that are near in space or, without it, by features."""
    from sklearn.cluster import MiniBatchKMeans

    cells = data[_keys.CELL]
    x = cells.pos if _keys.NEAR in data.edge_types and "pos" in cells else cells.x
    n_parts = max(2, round(_PARTS_PER_BATCH * len(x) / batch_size))
    model = MiniBatchKMeans(n_parts, random_state=seed, n_init=1, batch_size=4096, max_no_improvement=5)
    return torch.from_numpy(model.fit_predict(x.numpy())).long()
