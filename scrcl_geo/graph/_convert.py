"""AnnData → HeteroData: reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scipy import sparse

from scrcl_geo import _keys, _validate
from scrcl_geo._features.expression import DENSE, read_expression
from scrcl_geo._features.rows import column_sums
from scrcl_geo._files.memory import release_unused
from scrcl_geo._messages import csr_tensor, plain
from scrcl_geo.graph._spec import DEFAULT_EDGES, EdgeSpec

if TYPE_CHECKING:
    from anndata import AnnData
    from torch_geometric import EdgeIndex
    from torch_geometric.data import HeteroData

EdgeType = tuple[str, str, str]
_TARGETS = 100_000  # nodes whose edges are numbered at a time


def to_hetero(
    adata: AnnData, *, edges: Sequence[EdgeSpec] = DEFAULT_EDGES, use_rep: str = _keys.PCA
) -> HeteroData:
    """Map an AnnData with graphs to a PyG heterogeneous graph of cells and genes.

    Parameters
    ----------
    adata
        As :func:`scrcl_geo.pp.graph` left it; not changed.
    edges
        Which sparse matrices become which edge types.
    use_rep
        Cell features: a key of ``obsm``, or the genes in use: ``"X"`` for their sparse log expression,
        ``"counts"`` for dense values as stored, ``"scaled"`` for dense log expression with a standard
        deviation of 1, at most 10.

    Returns
    -------
    torch_geometric.data.HeteroData
        Node types ``cell`` (``x`` (N, F), dense, or sparse CSR for ``"X"``; ``pos`` (N, 2 or more), the
        coordinates, where there are edges in space) and ``gene`` (the genes in use; ``x`` (G, F), the mean
        features of the cells that express a gene, less those of all cells; one-hot CSR for ``"X"``).
        The given edge types, ``(cell, expresses, gene)`` weighted by log expression and its reverse
        ``(gene, rev_expresses, cell)``, each with ``edge_index``, a :class:`torch_geometric.EdgeIndex`
        (2, E) sorted by target, and ``edge_weight`` (E,). A matrix in ``obsp`` or ``varp`` has a row for each
        target: entry (i, j) is an edge from j to i.

    Raises
    ------
    ScrclInputError
        A graph or representation is missing, has the wrong shape or values that are not finite.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> sg.graph.to_hetero(adata).node_types
    ['cell', 'gene']
    """
    return build(adata, edges=edges, use_rep=use_rep)


def build(
    adata: AnnData,
    *,
    edges: Sequence[EdgeSpec],
    use_rep: str,
    index: torch.dtype = torch.long,
    both: bool = True,
) -> HeteroData:
    """:func:`to_hetero`, with ``index`` for the edges of expression, and with both directions of them or the
    reverse one alone, of which the network makes the other."""
    read = read_expression(adata)
    expression = read.log()
    used = np.flatnonzero(adata.var[_keys.USED_GENES].to_numpy())
    relations = {}
    for spec in edges:
        matrix = _edge_matrix(adata, spec)
        if matrix is None:
            continue
        relations[spec.edge_type] = {
            "obsp": lambda m: m,
            "varp": lambda m: m[used][:, used],
            "layers": lambda m: m[:, used].T,  # from cells to genes
        }[spec.attr](matrix)
    if use_rep == "X":
        x = expression
    else:
        x = read.dense(use_rep) if use_rep in DENSE else _representation(adata, use_rep)
    del read  # the values behind the logarithms
    data = from_matrices(x, relations, expression, index=index, both=both)
    release_unused()  # what a file was read through
    if _keys.NEAR in relations and _keys.SPATIAL in adata.obsm:
        data[_keys.CELL].pos = torch.from_numpy(np.asarray(adata.obsm[_keys.SPATIAL], dtype=np.float32))
    return data


def from_matrices(
    x: Any,
    relations: Mapping[EdgeType, sparse.csr_matrix],
    expression: sparse.csr_matrix | None = None,
    *,
    index: torch.dtype = torch.long,
    both: bool = True,
) -> HeteroData:
    """A PyG heterogeneous graph of cells with features (N, F), relations, and expression (N, G) if given.

    Each relation is a matrix with a row per target and a column per source; ``index`` and ``both`` are of
    expression, see :func:`build`.
    """
    from torch_geometric.data import HeteroData

    data = HeteroData()
    data[_keys.CELL].x = _tensor(x)
    data[_keys.CELL].num_nodes = x.shape[0]
    for edge_type, matrix in relations.items():
        data[edge_type].edge_index, data[edge_type].edge_weight = _edges(matrix, torch.long)
    if expression is not None:
        data[_keys.GENE].x = _tensor(_gene_features(x, expression))
        data[_keys.GENE].num_nodes = expression.shape[1]
        directions = {_keys.EXPRESSED_BY: expression}
        if both:
            directions = {_keys.EXPRESSES: expression.T, **directions}
        for edge_type, matrix in directions.items():
            data[edge_type].edge_index, data[edge_type].edge_weight = _edges(matrix, index)
    return data


def expression_of(data: HeteroData) -> sparse.csr_matrix:
    """The expression (N, G) in a graph, float32 CSR."""
    both = _keys.EXPRESSES in data.edge_types
    store = data[_keys.EXPRESSES if both else _keys.EXPRESSED_BY]
    cells, genes = plain(store.edge_index).numpy()[:: 1 if both else -1]
    weight = store.edge_weight.numpy() if "edge_weight" in store else np.ones(len(cells), np.float32)
    shape = (int(data[_keys.CELL].num_nodes), int(data[_keys.GENE].num_nodes))
    return sparse.csr_matrix((weight, (cells, genes)), shape)


def _gene_features(x: Any, expression: sparse.csr_matrix) -> Any:
    """A gene is what the cells that express it are: (G, F), or one-hot where ``x`` is expression itself."""
    if sparse.issparse(x):
        return sparse.eye(expression.shape[1], dtype=np.float32, format="csr")
    totals = column_sums(expression)[:, None]
    sums = np.asarray(expression.T @ x, dtype=np.float64)
    mean = np.divide(sums, totals, out=np.zeros_like(sums), where=totals > 0)
    return np.where(totals > 0, mean - x.mean(axis=0, dtype=np.float64), 0).astype(np.float32)


def _tensor(x: Any) -> torch.Tensor:
    if not sparse.issparse(x):
        return torch.from_numpy(np.ascontiguousarray(x, dtype=np.float32))
    pointers, columns = (torch.from_numpy(a.astype(np.int64)) for a in (x.indptr, x.indices))
    return csr_tensor(pointers, columns, torch.from_numpy(x.data.astype(np.float32, copy=False)), x.shape)


def _edges(matrix: sparse.spmatrix, dtype: torch.dtype) -> tuple[EdgeIndex, torch.Tensor]:
    """``edge_index`` (2, E) sorted by target, and ``edge_weight`` (E,)."""
    from torch_geometric import EdgeIndex

    matrix = sparse.csr_matrix(matrix)
    matrix.sort_indices()
    n_targets, n_sources = matrix.shape
    index = torch.empty((2, matrix.nnz), dtype=dtype)
    index[0] = torch.from_numpy(matrix.indices)
    for start in range(0, n_targets, _TARGETS):
        pointers = matrix.indptr[start : start + _TARGETS + 1]
        targets = torch.arange(start, start + len(pointers) - 1, dtype=dtype)
        ends = targets.repeat_interleave(torch.from_numpy(np.diff(pointers)))
        index[1, int(pointers[0]) : int(pointers[-1])] = ends
    undirected = n_targets == n_sources and (matrix != matrix.T).nnz == 0
    edges = EdgeIndex(
        index, sparse_size=(n_sources, n_targets), sort_order="col", is_undirected=bool(undirected)
    )
    return edges, torch.from_numpy(matrix.data.astype(np.float32, copy=False))


def _representation(adata: AnnData, use_rep: str) -> np.ndarray:
    return np.asarray(_validate.key(adata.obsm, use_rep, slot="obsm", do="run sg.pp.graph(adata) first"))


def _edge_matrix(adata: AnnData, spec: EdgeSpec) -> Any:
    """The sparse matrix of an edge type, checked; None where it is missing and optional."""
    slot = getattr(adata, spec.attr)
    if spec.optional and spec.key not in slot:
        return None
    remedy = "run sg.pp.graph(adata) first or store the matrix there"
    matrix = _validate.key(slot, spec.key, slot=spec.attr, do=remedy)
    if not sparse.issparse(matrix):
        raise _validate.fail(
            f"{spec.attr}[{spec.key!r}] is not sparse",
            type(matrix).__name__,
            "store a sparse matrix",
        )
    matrix = sparse.csr_matrix(matrix).astype(np.float32, copy=False)
    if not np.isfinite(matrix.data).all():
        raise _validate.fail(
            f"{spec.attr}[{spec.key!r}] is not finite", "NaN or infinite weights", "remove them"
        )
    return matrix
