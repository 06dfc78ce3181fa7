"""Weights that give every kind of cell the same say, however many cells it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from scrcl_geo import _keys

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

_SAMPLE = 20_000  # cells on which the small groups are found


def even_weights(data: HeteroData, *, seed: int = 0) -> Tensor:
    """Weight of each cell in an even draw, (N,): one over the cells of its small group, of sqrt(N) groups.

    Source: geometric sketching (Hie et al., Cell Systems 2019), with k-means in place of boxes.
    """
    from sklearn.cluster import MiniBatchKMeans

    x = data[_keys.CELL].x
    if x.layout != torch.strided:
        return torch.ones(x.shape[0])
    features = x.cpu().numpy()
    n_groups = max(2, int(np.sqrt(len(features))))
    model = MiniBatchKMeans(n_groups, n_init=1, random_state=seed, batch_size=4096, max_iter=20)
    sample = np.random.default_rng(seed).permutation(len(features))[:_SAMPLE]
    groups = model.fit(features[np.sort(sample)]).predict(features)
    return torch.from_numpy((1 / np.bincount(groups)[groups]).astype(np.float32))
