"""AnnData → HeteroData: reads only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scipy import sparse

from scrcl_geo import _keys, _validate
from scrcl_geo._features.expression import used_expression
from scrcl_geo._features.rows import column_sums
from scrcl_geo.graph._relations import Relations
from scrcl_geo.graph._scipy_tensors import from_scipy
from scrcl_geo.graph._spec import DEFAULT_EDGES, EdgeSpec

if TYPE_CHECKING:
    from anndata import AnnData
    from torch_geometric.data import HeteroData


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
        Cell features: a key of ``obsm``, or ``"X"`` for the sparse log expression of the genes in use.

    Returns
    -------
    torch_geometric.data.HeteroData
        Node types ``cell`` (``x`` (N, F), dense, or sparse CSR for ``"X"``) and ``gene`` (the genes in
        use); the given edge types with ``edge_weight``; ``(cell, expresses, gene)`` weighted by log
        expression and its reverse ``(gene, rev_expresses, cell)``.

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
    return hetero(read_relations(adata, edges=edges, use_rep=use_rep))


def read_relations(adata: AnnData, *, edges: Sequence[EdgeSpec], use_rep: str) -> Relations:
    """The matrices of an AnnData behind :func:`to_hetero`, checked, and not copied where possible."""
    expression = used_expression(adata)
    used = np.flatnonzero(adata.var[_keys.USED_GENES].to_numpy())
    matrices = {}
    for spec in edges:
        matrix = _edge_matrix(adata, spec)
        if matrix is not None:
            matrices[spec.edge_type] = matrix[used][:, used] if spec.attr == "varp" else matrix
    x = expression if use_rep == "X" else _representation(adata, use_rep)
    return Relations({"x": x}, matrices, expression, column_sums(expression))


def hetero(relations: Relations) -> HeteroData:
    """A PyG heterogeneous graph of these matrices."""
    from torch_geometric.data import HeteroData

    data = HeteroData()
    for name, x in relations.features.items():
        data[_keys.CELL][name] = from_scipy(x) if sparse.issparse(x) else torch.from_numpy(x)
    data[_keys.CELL].num_nodes, data[_keys.GENE].num_nodes = relations.expression.shape
    data[_keys.GENE][_keys.GENE_TOTALS] = torch.from_numpy(relations.gene_totals.astype(np.float32))
    for edge_type, matrix in relations.edges.items():
        data[edge_type].edge_index, data[edge_type].edge_weight = _edges(matrix)
    for edge_type, matrix in (
        (_keys.EXPRESSES, relations.expression),
        (_keys.EXPRESSED_BY, relations.expression.T.tocsr()),  # in order of genes: no one need sort again
    ):
        data[edge_type].edge_index, data[edge_type].edge_weight = _edges(matrix)
    return data


def _representation(adata: AnnData, use_rep: str) -> np.ndarray:
    x = np.asarray(_validate.key(adata.obsm, use_rep, slot="obsm", do="run sg.pp.graph(adata) first"))
    return np.ascontiguousarray(x, dtype=np.float32)


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


def _edges(matrix: sparse.csr_matrix) -> tuple[torch.Tensor, torch.Tensor]:
    """``edge_index`` (2, E) and ``edge_weight`` (E,) of a sparse matrix."""
    coo = matrix.tocoo()
    index = np.stack([coo.row, coo.col]).astype(np.int64)
    return torch.from_numpy(index), torch.from_numpy(coo.data.astype(np.float32))
