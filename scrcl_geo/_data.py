"""What a model reads of an AnnData, as tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import normalize

from scrcl_geo import _expression, _keys, _validate
from scrcl_geo._inputs import InputMap
from scrcl_geo._sparse import csr
from scrcl_geo._tensors import GraphTensors
from scrcl_geo.graph import EdgeSpec, to_hetero

if TYPE_CHECKING:
    from anndata import AnnData
    from scipy import sparse

    from scrcl_geo.nn import ScRCLModule


def graph_tensors(
    adata: AnnData,
    *,
    edges: Sequence[EdgeSpec],
    use_rep: str,
    inputs: InputMap | None,
    genes: list[str],
    scale: float,
) -> GraphTensors:
    """The full graph as one batch, features times ``scale``; new cells go through the training ``inputs``.

    Raises
    ------
    ScrclInputError
        The genes in use are not ``genes``, in this order.
    """
    used = _expression.used_genes(adata)
    if used != genes:
        raise _validate.fail(
            "genes in use differ from the model's",
            f"{len(set(used) & set(genes))} of {len(genes)} in common",
            "run sg.pp.graph on data with the same genes",
        )
    data = to_hetero(adata, edges=edges, use_rep=use_rep)
    if inputs is not None:
        data[_keys.CELL].x = torch.from_numpy(inputs.apply(adata))
    batch = GraphTensors.from_hetero(data)
    return batch if scale == 1 else replace(batch, x=batch.x * scale)


def standardized(batch: GraphTensors) -> tuple[GraphTensors, float]:
    """Dense features scaled to a mean variance of 1, so that one learning rate fits any; and the scale."""
    if batch.x.layout != torch.strided:
        return batch, 1.0
    scale = float(batch.x.var(dim=0).mean().clamp_min(1e-12).rsqrt())
    return replace(batch, x=batch.x * scale), scale


def encoded(
    module: ScRCLModule, features: np.ndarray, adjacency: sparse.csr_matrix, device: torch.device
) -> np.ndarray:
    """Both views side by side, (N, 2 D), of cells with ``features`` (N, F) on a graph (N, N)."""
    coo = adjacency.tocoo()
    index = torch.from_numpy(np.stack([coo.row, coo.col]).astype(np.int64))
    adj = csr(index, torch.ones(index.shape[1]), adjacency.shape).to(device)
    x = torch.from_numpy(np.ascontiguousarray(features, dtype=np.float32)).to(device)
    with torch.no_grad():
        views = [normalize(encoder(x, adj), dim=1) for encoder in (module.encoder1, module.encoder2)]
    return torch.cat(views, dim=1).cpu().numpy()
