"""What a model reads of an AnnData: relations with features ready for both encoders, and their tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy import sparse
from torch.nn.functional import normalize

from scrcl_geo import _keys, _validate
from scrcl_geo._features.expression import used_genes
from scrcl_geo._features.inputs import InputMap
from scrcl_geo._neighbors.smoothing import smooth
from scrcl_geo.graph import CellBatches, EdgeSpec, resolve_batch_size
from scrcl_geo.graph._batches import partition
from scrcl_geo.graph._convert import hetero, read_relations
from scrcl_geo.graph._relations import Relations
from scrcl_geo.graph._scipy_tensors import ScaledOperator, from_scipy
from scrcl_geo.nn.tensors import GraphTensors

if TYPE_CHECKING:
    from anndata import AnnData

    from scrcl_geo.nn import ScRCLModule


def model_relations(
    adata: AnnData,
    *,
    edges: Sequence[EdgeSpec],
    use_rep: str,
    inputs: InputMap | None,
    genes: list[str],
) -> Relations:
    """The graph of an AnnData; new cells go through the training ``inputs``.

    Raises
    ------
    ScrclInputError
        The genes in use are not ``genes``, in this order.
    """
    used = used_genes(adata)
    if used != genes:
        raise _validate.fail(
            "genes in use differ from the model's",
            f"{len(set(used) & set(genes))} of {len(genes)} in common",
            "run sg.pp.graph on data with the same genes",
        )
    relations = read_relations(adata, edges=edges, use_rep=use_rep)
    if inputs is None or inputs == InputMap.of(adata):
        return relations
    return replace(relations, features={"x": inputs.apply(adata)})


def unit_scale(relations: Relations) -> float:
    """Factor that gives dense features a mean variance of 1, so that one learning rate fits any."""
    x = relations.features["x"]
    if sparse.issparse(x):
        return 1.0
    return float(1 / np.sqrt(max(x.var(axis=0, dtype=np.float64).mean(), 1e-12)))


def for_encoders(relations: Relations, scale: float, n_hops: tuple[int, int]) -> Relations:
    """Features times ``scale``, smoothed before the first and before the second encoder.

    Smoothing has no weights: done once on the whole graph, it costs nothing per epoch and is exact in
    mini-batches.
    """
    x = relations.features["x"]
    if sparse.issparse(x):
        return relations
    cells = relations.between(_keys.CELL) if any(n_hops) else None
    first, second = (smooth(x * np.float32(scale), cells, n) for n in n_hops)
    return replace(relations, features={"x": first, _keys.VIEW2_FEATURES: second})


def whole(relations: Relations) -> GraphTensors:
    """All cells at once, for inference: the cell–gene edges stay where they are."""
    x = relations.features["x"]
    first = from_scipy(x) if sparse.issparse(x) else torch.from_numpy(x)
    second = relations.features.get(_keys.VIEW2_FEATURES)
    return GraphTensors(
        x1=first,
        x2=first if second is None else torch.from_numpy(second),
        adj=from_scipy(relations.between(_keys.CELL)),
        expresses=ScaledOperator.of(relations.expression, relations.gene_totals),
        coexpressed=from_scipy(relations.between(_keys.GENE)),
    )


def encoded(
    module: ScRCLModule,
    features: np.ndarray,
    adjacency: sparse.csr_matrix,
    n_hops: tuple[int, int],
    device: torch.device,
) -> np.ndarray:
    """Both views side by side, (N, 2 D), of cells with ``features`` (N, F) on a graph (N, N)."""
    adj = from_scipy(adjacency).to(device)
    views = []
    with torch.no_grad():
        for encoder, n in zip((module.encoder1, module.encoder2), n_hops, strict=True):
            x = torch.from_numpy(smooth(features.astype(np.float32, copy=False), adjacency, n)).to(device)
            views.append(normalize(encoder(x, adj), dim=1))
    return torch.cat(views, dim=1).cpu().numpy()


def training_batches(
    adata: AnnData, relations: Relations, batch_size: int | str, *, seed: int
) -> Sequence[GraphTensors] | CellBatches:
    """The whole graph as a list of one, or mini-batches of it; see :class:`scrcl_geo.ScRCL`."""
    size = resolve_batch_size(batch_size, relations.n_cells)
    if size == "full":
        return [GraphTensors.from_hetero(hetero(relations))]
    in_space = _keys.NEAR in relations.edges
    place = np.asarray(adata.obsm[_keys.SPATIAL] if in_space else adata.obsm[_keys.PCA])
    return CellBatches(relations, partition(place, int(size), seed=seed), int(size), seed=seed)
