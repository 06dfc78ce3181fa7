"""Gaussian mixture."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scrcl_geo import _validate
from scrcl_geo.cluster._mixture import tied_mixture
from scrcl_geo.cluster._one_thread import one_thread
from scrcl_geo.cluster._order import by_size
from scrcl_geo.cluster._split_merge import split_and_merged

_LEAST = 3  # cells in a cluster, where a mixture grants them that is almost as likely:
_MARGIN = 1.0  # nats per cell
_SMALLEST = 1e-2  # spread of a component beside the whole that is not blown up


def gmm(
    embedding: np.ndarray, n_clusters: int, *, seed: int = 0, n_components: int = 20, n_starts: int = 10
) -> np.ndarray:
    """Gaussian mixture with one covariance shared by all clusters, on the leading components.

    A shared covariance keeps clusters of a few cells from taking a degenerate shape of their own. The
    likelihood of such a mixture does not hang on the scale of the components, but where its search ends
    does: it starts from k-means on the components as they are, led by the large ones, and on components of
    equal spread. The likeliest mixture goes on as long as merging two clusters and splitting a third makes it
    likelier by more than chance would (Ueda et al., Neural Computation 2000), and is kept; one without
    clusters of one or two cells where it is almost as likely.

    Shapes: (N, D) → (N,) int64 labels by falling size.

    Parameters
    ----------
    n_components
        Principal components kept where the embedding is wider.
    n_starts
        Half of them on the components, as many on components of equal spread; of an odd number, one less.

    Raises
    ------
    ScrclInputError
        More clusters than cells, or fewer than two starts.

    Examples
    --------
    >>> import numpy as np
    >>> gmm(np.array([[0.0], [0.1], [0.2], [5.0], [5.1]]), 2).tolist()
    [0, 0, 0, 1, 1]
    """
    from sklearn.decomposition import PCA

    _validate.n_clusters(n_clusters, len(embedding))
    _validate.at_least("n_starts", n_starts, 2)
    data = np.asarray(embedding, dtype=np.float64)
    if min(data.shape) > n_components:
        data = PCA(n_components, svd_solver="covariance_eigh").fit_transform(data)
    data = data / max(data.std(), np.finfo(float).tiny)  # the regulariser of the mixture is absolute
    spread = np.maximum(data.std(axis=0), _SMALLEST)
    each = n_starts // 2
    with one_thread(len(data)):
        found = [
            _begun(data, scale, n_clusters, start)
            for scale in (np.ones_like(spread), spread)
            for start in range(each * seed, each * (seed + 1))
        ]
        found.append(_moved_on(data, max(found, key=_likelihood), n_clusters, seed))
    likeliest = max(map(_likelihood, found))
    near = [mixture for mixture in found if mixture.likelihood >= likeliest - _MARGIN]
    large = [mixture for mixture in near if np.bincount(mixture.labels, minlength=n_clusters).min() >= _LEAST]
    return by_size(max(large or near, key=_likelihood).labels)


class _Mixture(NamedTuple):
    """Log-likelihood per cell in units of the data, labels (N,), and the scale (D,) that it was found in."""

    likelihood: float
    labels: np.ndarray
    scale: np.ndarray


def _begun(data: np.ndarray, scale: np.ndarray, n_clusters: int, start: int) -> _Mixture:
    likelihood, labels = tied_mixture(data / scale, n_clusters, seed=start)
    return _Mixture(likelihood - float(np.log(scale).sum()), labels, scale)


def _moved_on(data: np.ndarray, begun: _Mixture, n_clusters: int, seed: int) -> _Mixture:
    unit = float(np.log(begun.scale).sum())
    likelihood, labels = split_and_merged(
        data / begun.scale, begun.likelihood + unit, begun.labels, n_clusters, seed=seed
    )
    return _Mixture(likelihood - unit, labels, begun.scale)


def _likelihood(mixture: _Mixture) -> float:
    return mixture.likelihood
