"""Gaussian mixture."""

from __future__ import annotations

import numpy as np

from scrcl_geo import _validate
from scrcl_geo.cluster._order import by_size


def gmm(embedding: np.ndarray, n_clusters: int, *, seed: int = 0, n_components: int = 20) -> np.ndarray:
    """Gaussian mixture with one covariance shared by all clusters, on the leading components.

    A shared covariance keeps clusters of a few cells from taking a degenerate shape of their own.

    Shapes: (N, D) → (N,) int64 labels by falling size.

    Parameters
    ----------
    n_components
        Principal components kept where the embedding is wider.

    Examples
    --------
    >>> import numpy as np
    >>> gmm(np.array([[0.0], [0.1], [0.2], [5.0], [5.1]]), 2).tolist()
    [0, 0, 0, 1, 1]
    """
    from sklearn.decomposition import PCA
    from sklearn.mixture import GaussianMixture

    _validate.n_clusters(n_clusters, len(embedding))
    data = np.asarray(embedding, dtype=np.float64)
    if min(data.shape) > n_components:
        data = PCA(n_components, svd_solver="covariance_eigh").fit_transform(data)
    data = data / max(data.std(), np.finfo(float).tiny)  # the regulariser below is absolute
    model = GaussianMixture(n_clusters, covariance_type="tied", n_init=5, reg_covar=1e-4, random_state=seed)
    return by_size(model.fit_predict(data))
