"""Mini-batches of connected cells."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scrcl_geo.graph._convert import hetero
from scrcl_geo.graph._relations import Relations
from scrcl_geo.nn.tensors import GraphTensors

_PARTS_PER_BATCH = 16


class CellBatches:
    """Batches of a large graph: a few random parts of a partition at a time, with the edges among them.

    An epoch goes through every part once, in random order. Cells of one part are near to each other, in
    expression or in tissue, so that most edges lie within a batch; joining several parts shows each cell
    unlike ones too. Batches are consistent: sums over all cells in the losses and in the refinement become
    averages over the batch, and a gene's degree is the one that as many random cells would have.

    Source: Chiang et al., Cluster-GCN, KDD 2019, stochastic multiple partitions.

    Parameters
    ----------
    relations
        The whole graph.
    parts
        Part of each cell, (N,); see :func:`partition`.
    batch_size
        Cells per batch, about.
    seed
        Of the order.
    """

    def __init__(self, relations: Relations, parts: np.ndarray, batch_size: int, *, seed: int = 0) -> None:
        self.relations = relations
        order = np.argsort(parts, kind="stable")
        self._members = np.split(order, np.flatnonzero(np.diff(parts[order])) + 1)
        self._n_batches = max(1, round(relations.n_cells / batch_size))
        self._seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        """Batches per epoch."""
        return self._n_batches

    def __iter__(self) -> Iterator[GraphTensors]:
        """The batches of one epoch."""
        for rows in self.rows():
            yield GraphTensors.from_hetero(hetero(self.relations.subset(rows)))

    def rows(self) -> Iterator[np.ndarray]:
        """The cells of each batch of one epoch, in their order; the next call is the next epoch."""
        shuffled = np.random.default_rng((self._seed, self.epoch)).permutation(len(self._members))
        self.epoch += 1
        ends = np.cumsum([len(self._members[part]) for part in shuffled])
        # each part goes to the batch in whose share of all cells its middle lies
        middle = ends - np.diff(ends, prepend=0) / 2
        batch = np.minimum((middle * self._n_batches / ends[-1]).astype(int), self._n_batches - 1)
        for b in np.unique(batch):
            yield np.sort(np.concatenate([self._members[part] for part in shuffled[batch == b]]))


def partition(x: np.ndarray, batch_size: int, *, seed: int = 0) -> np.ndarray:
    """Part of each cell, (N,): small groups of cells that are near in ``x`` (N, F), 16 to a batch."""
    from sklearn.cluster import MiniBatchKMeans

    n_parts = max(2, round(_PARTS_PER_BATCH * len(x) / batch_size))
    model = MiniBatchKMeans(n_parts, random_state=seed, n_init=1, batch_size=4096, max_no_improvement=5)
    return model.fit_predict(x)
