"""Several partitions of the same cells, made one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scrcl_geo.cluster._merging import merging


def consensus(partitions: Sequence[np.ndarray], n_clusters: int, *, seed: int = 0) -> np.ndarray:
    """One partition that agrees with many: cells are grouped by their memberships in all of them.

    The memberships side by side are a 0/1 embedding of width Σ K, in which the squared distance of two cells
    is twice the number of partitions that separate them; no N × N co-association matrix is needed.

    Shapes: each partition (N,) → (N,) int64 labels by falling size. O(N · Σ K · √N).

    Examples
    --------
    >>> import numpy as np
    >>> labels = np.repeat([0, 1], [12, 8])
    >>> consensus([labels, 1 - labels], 2).tolist() == labels.tolist()
    True
    """
    width = [int(labels.max()) + 1 for labels in partitions]
    memberships = [np.eye(k, dtype=np.float32)[p] for k, p in zip(width, partitions, strict=True)]
    return merging(np.concatenate(memberships, axis=1), n_clusters, seed=seed)
