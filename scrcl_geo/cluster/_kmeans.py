"""k-means."""

from __future__ import annotations

import numpy as np

from scrcl_geo import _validate
from scrcl_geo.cluster._one_thread import one_thread
from scrcl_geo.cluster._order import by_size


def kmeans(embedding: np.ndarray, n_clusters: int, *, seed: int = 0) -> np.ndarray:
    """k-means, best of ten k-means++ starts.

    Shapes: (N, D) → (N,) int64 labels by falling size.

    Examples
    --------
    >>> import numpy as np
    >>> kmeans(np.array([[0.0], [0.1], [5.0]]), 2).tolist()
    [0, 0, 1]
    """
    from sklearn.cluster import KMeans

    _validate.n_clusters(n_clusters, len(embedding))
    model = KMeans(n_clusters, n_init=10, random_state=seed)
    with one_thread(len(embedding)):
        return by_size(model.fit_predict(np.asarray(embedding, dtype=np.float32)))
