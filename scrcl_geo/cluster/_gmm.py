"""Gaussian mixture."""

from __future__ import annotations

import numpy as np

from scrcl_geo import _validate
from scrcl_geo.cluster._mixture import tied_mixture
from scrcl_geo.cluster._one_thread import one_thread
from scrcl_geo.cluster._order import by_size

_STARTS = 5  # in each scaling
_LEAST = 3  # cells in a cluster, where a mixture grants them that is almost as likely:
_MARGIN = 1.0  # nats per cell
_SMALLEST = 1e-2  # spread of a component beside the whole that is not blown up


def gmm(embedding: np.ndarray, n_clusters: int, *, seed: int = 0, n_components: int = 20) -> np.ndarray:
    """Gaussian mixture with one covariance shared by all clusters, on the leading components.

    A shared covariance keeps clusters of a few cells from taking a degenerate shape of their own. The
    likelihood of such a mixture does not hang on the scale of the components, but where its search ends
    does: it starts from k-means on the components as they are, led by the large ones, and on components of
    equal spread, and the likeliest mixture is kept; one without clusters of one or two cells where it is
    almost as likely.

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

    _validate.n_clusters(n_clusters, len(embedding))
    data = np.asarray(embedding, dtype=np.float64)
    if min(data.shape) > n_components:
        data = PCA(n_components, svd_solver="covariance_eigh").fit_transform(data)
    data = data / max(data.std(), np.finfo(float).tiny)  # the regulariser of the mixture is absolute
    spread = np.maximum(data.std(axis=0), _SMALLEST)
    with one_thread(len(data)):
        found = [
            _mixture(data, scale, n_clusters, start)
            for scale in (np.ones_like(spread), spread)
            for start in range(_STARTS * seed, _STARTS * (seed + 1))
        ]
    likeliest = max(likelihood for likelihood, _ in found)
    near = [f for f in found if f[0] >= likeliest - _MARGIN]
    near = [f for f in near if np.bincount(f[1], minlength=n_clusters).min() >= _LEAST] or near
    return by_size(max(near, key=lambda mixture: mixture[0])[1])


def _mixture(data: np.ndarray, scale: np.ndarray, n_clusters: int, seed: int) -> tuple[float, np.ndarray]:
    """Log-likelihood per cell, in units of ``data``, and labels of a mixture of scaled data."""
    likelihood, labels = tied_mixture(data / scale, n_clusters, seed=seed)
    return likelihood - float(np.log(scale).sum()), labels
