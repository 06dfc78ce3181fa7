"""Mini-batches of connected cells."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch_geometric import EdgeIndex

from scrcl_geo import _keys
from scrcl_geo._messages import csr_tensor, edges_into, plain, positions

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData
    from torch_geometric.data.storage import EdgeStorage

_PARTS_PER_BATCH = 16
_AT_ONCE = 256  # parts that one k-means finds
_EXPRESSION = (_keys.EXPRESSES, _keys.EXPRESSED_BY)


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

    def __init__(self, data: HeteroData, parts: Tensor, batch_size: float) -> None:
        self.data = data
        self._members = parts.argsort(stable=True).split(parts.bincount().tolist())
        self._members = tuple(members for members in self._members if len(members))
        self._n_batches = max(1, round(len(parts) / batch_size))

    def __len__(self) -> int:
        """Batches per epoch."""
        return self._n_batches

    def __iter__(self) -> Iterator[HeteroData]:
        """The batches of one epoch, with the directions of expression that the whole graph holds."""
        both = _keys.EXPRESSES in self.data.edge_types
        for cells in self.cells():
            yield subgraph(self.data, cells, both=both)

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


def subgraph(data: HeteroData, cells: Tensor, *, both: bool = True) -> HeteroData:
    """Some cells in rising order, the edges among them, and all genes.

    PyG's own ``subgraph`` looks at every edge of the graph for each batch, and forgets their order
    (``benchmarks/products.py``); here the cost is that of the batch. Relations from cells to genes are cut
    where they lead back from genes to cells, or by a mask where the graph has no such relation; of
    expression, the way back is enough, and weights alone are kept; where not ``both`` are asked for, the
    result holds it alone.
    """
    n_cells = int(data[_keys.CELL].num_nodes)
    number = torch.full((n_cells,), -1)
    number[cells] = torch.arange(len(cells))
    part = copy.copy(data)
    for name, value in data[_keys.CELL].items():
        if isinstance(value, Tensor) and len(value) == n_cells:
            part[_keys.CELL][name] = _rows(value, cells)
    part[_keys.CELL].num_nodes = len(cells)
    for edge_type in data.edge_types:
        source, _, target = edge_type
        below = edge_type in _EXPRESSION and _keys.EXPRESSED_BY in data.edge_types
        if below or _keys.CELL not in (source, target):
            continue  # or among genes
        store = data[edge_type]
        if target == _keys.CELL:
            into, at = edges_into(store.edge_index, cells)
        else:
            at = positions(number[plain(store.edge_index)[0]] >= 0)
            into = plain(store.edge_index)[1].index_select(0, at)
        start = plain(store.edge_index)[0].index_select(0, at)
        into = into.to(start.dtype)
        if source == _keys.CELL:
            start = number.index_select(0, start)
            kept = positions(start >= 0)
            into, at, start = (ends.index_select(0, kept) for ends in (into, at, start))
        sizes = (int(part[source].num_nodes), int(part[target].num_nodes))
        _put(part, edge_type, torch.stack([start, into]), sizes, store, at)
    if _keys.EXPRESSED_BY in data.edge_types:
        whole = data[_keys.EXPRESSED_BY]
        rows = _by_cell(whole)[cells.numpy()]
        _put_expression(part[_keys.EXPRESSED_BY], rows, like=whole)
        if both:
            _put_expression(part[_keys.EXPRESSES], rows.tocsc().T, like=whole)  # sorted by gene, by counting
        elif _keys.EXPRESSES in part.edge_types:
            del part[_keys.EXPRESSES]
    return part


def _by_cell(store: EdgeStorage) -> sparse.csr_array:
    """The edges from genes to cells as a matrix, cells × genes; SciPy takes and sorts its rows several times
    as fast as torch takes edges."""
    n_genes, n_cells = store.edge_index.sparse_size()
    pointers, genes = store.edge_index.get_csc()[0]
    weight = store.get("edge_weight", torch.ones(len(genes), dtype=torch.int8))
    return sparse.csr_array((weight.numpy(), genes.numpy(), pointers.numpy()), shape=(n_cells, n_genes))


def _put_expression(store: EdgeStorage, rows: sparse.csr_array, *, like: EdgeStorage) -> None:
    """The edges that a matrix of targets × sources holds, and their weights, where ``like`` has some; what
    else was stored with all edges does not fit them and is left out."""
    n_targets, n_sources = rows.shape
    index = torch.empty(2, rows.nnz, dtype=like.edge_index.dtype)
    index[0] = torch.from_numpy(rows.indices)
    index[1] = torch.from_numpy(np.repeat(np.arange(n_targets, dtype=np.int32), np.diff(rows.indptr)))
    for name, value in list(store.items()):
        if isinstance(value, Tensor) and name != "edge_index" and len(value) == like.edge_index.shape[1]:
            del store[name]
    store.edge_index = EdgeIndex(index, sparse_size=(n_sources, n_targets), sort_order="col")
    if "edge_weight" in like:
        store.edge_weight = torch.from_numpy(rows.data)


def _put(
    part: HeteroData,
    edge_type: tuple[str, str, str],
    index: Tensor,
    sizes: tuple[int, int],
    store: EdgeStorage,
    at: Tensor,
) -> None:
    """Some edges of a relation, in the order in which they were."""
    part[edge_type].edge_index = EdgeIndex(
        index, sparse_size=sizes, sort_order="col", is_undirected=store.edge_index.is_undirected
    )
    for name, value in store.items():
        if name != "edge_index" and isinstance(value, Tensor) and len(value) == store.edge_index.shape[1]:
            part[edge_type][name] = value.index_select(0, at)


def _rows(value: Tensor, rows: Tensor) -> Tensor:
    """Some rows of a dense or sparse CSR tensor."""
    return value.index_select(0, rows) if value.layout == torch.strided else _sparse_rows(value, rows)


def _sparse_rows(value: Tensor, rows: Tensor) -> Tensor:
    pointers, columns, values = value.crow_indices(), value.col_indices(), value.values()
    size = (pointers[1:] - pointers[:-1])[rows]
    at = torch.cat([torch.arange(int(pointers[r]), int(pointers[r + 1])) for r in rows])
    starts = torch.cat([torch.zeros(1, dtype=torch.long), size.cumsum(0)])
    return csr_tensor(starts, columns[at], values[at], (len(rows), value.shape[1]))


def partition(data: HeteroData, batch_size: int, *, seed: int = 0) -> Tensor:
    """Part of each cell, (N,): small groups that are near in space or, without it, by features.

    Many parts are found in two steps, groups and their parts: O(N √parts) instead of O(N · parts).
    """
    cells = data[_keys.CELL]
    x = _as_rows(cells.pos if _keys.NEAR in data.edge_types and "pos" in cells else cells.x)
    n_cells = x.shape[0]
    n_parts = min(n_cells, max(2, round(_PARTS_PER_BATCH * n_cells / batch_size)))
    if n_parts <= _AT_ONCE:
        return torch.from_numpy(_groups(x, n_parts, seed))
    group = _groups(x, round(n_parts**0.5), seed)
    parts, first = np.empty(n_cells, np.int64), 0
    for g in np.unique(group):
        members = np.flatnonzero(group == g)
        n = max(1, round(n_parts * len(members) / n_cells))
        parts[members] = first + _groups(x[members], n, seed, init_size=10 * n)
        first += n
    return torch.from_numpy(parts)


def _as_rows(x: Tensor) -> np.ndarray | sparse.csr_array:
    """Features as scikit-learn takes them, which reads sparse ones with 32-bit numbers."""
    if x.layout != torch.sparse_csr:
        return x.numpy()
    columns, pointers = (of.to(torch.int32).numpy() for of in (x.col_indices(), x.crow_indices()))
    return sparse.csr_array((x.values().numpy(), columns, pointers), shape=tuple(x.shape))


def _groups(
    x: np.ndarray | sparse.csr_array, n: int, seed: int, *, init_size: int | None = None
) -> np.ndarray:
    from sklearn.cluster import MiniBatchKMeans

    model = MiniBatchKMeans(
        n, random_state=seed, n_init=1, init_size=init_size, batch_size=4096, max_no_improvement=5
    )
    return model.fit_predict(x).astype(np.int64)
