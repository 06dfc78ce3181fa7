"""Where the embeddings of genes start: at what the likelihood would learn first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from scrcl_geo import _keys
from scrcl_geo._messages import positions
from scrcl_geo.losses.expression_likelihood import expression_rows, gene_scales
from scrcl_geo.train._runtime import seeded

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

_CELLS = 5000  # that tell
_MORE = 8  # components beyond those that are kept, for a randomised search
_RARE = 1e-3  # of an even share, added to each gene's


def gene_start(data: HeteroData, n_components: int, *, seed: int) -> Tensor | None:
    r"""Loadings of the leading components of expression, as the likelihood measures it, (G, K) of spread 1.

    To first order :math:`\sigma_g(z \cdot q_g + b_g)` is :math:`p_g (1 + z \cdot q_g)`, so that the best
    embeddings of rank K are those of correspondence analysis: with :math:`X` the shares and p their mean,
    :math:`(X - p) / \sqrt p = U S V^T` and :math:`q_g = V_g / \sqrt{p_g}`.

    None in tissue, where hidden cells are predicted from those around them and this foresees nothing
    (docs/accuracy.md), and where there are fewer cells or genes than components. Held-out cells do not tell.

    Shapes: O(n G K) for n cells, 5,000 at most.
    """
    store, n_genes = data[_keys.CELL], int(data[_keys.GENE].num_nodes)
    told = positions(~store.held_out) if "held_out" in store else torch.arange(int(store.num_nodes))
    told = told[:: -(-len(told) // _CELLS)]
    measured = "edge_weight" in data[_keys.EXPRESSED_BY]
    if _keys.NEAR in data.edge_types or not measured or min(len(told), n_genes) <= n_components + _MORE:
        return None
    shares = expression_rows(data, told) * gene_scales(data)[0]
    shares = shares / shares.sum(dim=1, keepdim=True).clamp_min(torch.finfo(shares.dtype).tiny)
    mean = shares.mean(dim=0) + _RARE / n_genes
    with seeded(seed):
        _, _, loadings = torch.svd_lowrank((shares - mean) / mean.sqrt(), n_components + _MORE, niter=4)
    start = loadings[:, :n_components] / mean.sqrt()[:, None]
    return start / start.std()
