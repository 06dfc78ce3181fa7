"""How much more a gene is measured in one sample than in another, among cells of a kind."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from scrcl_geo._features.projection import LOG, fit_projection

_ROUNDS = 4  # kinds are told better without the scales, and the scales with better kinds
_COMPONENTS = 30
_TINY = float(np.finfo(np.float64).tiny)
_TYPES = 30
_PRIOR = 5.0  # cells with the gene's average, which hold a ratio of few cells near 1
_STEPS = 20
_AGREEMENT = 0.5  # correlation of the factors of unlike kinds


def sample_scales(log: sparse.csr_matrix, sample: np.ndarray, *, seed: int = 0) -> np.ndarray:
    r"""Factors that bring the genes of each sample to the level of the largest one, (B, G) float32.

    Cells are sorted into kinds, which are the same in all samples once the mean shift between cells of a kind
    is taken off; the factor of gene g in sample b is the ratio of its means over kinds t,

    .. math:: f_{bg} = \frac{\sum_t w_t \bar x_{rtg} + c_g}{\sum_t w_t \bar x_{btg} + c_g}, \qquad
        w_t = \frac{n_{rt} n_{bt}}{n_{rt} + n_{bt}},

    the Mantel–Haenszel estimate: kinds that one sample lacks count nothing, and samples of other
    composition are not made alike. What a technology does to a gene it does in all kinds: where the
    factors of some kinds are not found again in kinds unlike them, they are counting noise or biology,
    and the sample is left as it is, with factors of 1.

    Shapes: ``log`` (N, G) log expression, ``sample`` (N,) numbers 0 … B - 1. O(rounds · (nnz + G²)).
    """
    level = sparse.csr_matrix((np.expm1(log.data), log.indices, log.indptr), log.shape)
    n_samples = int(sample.max()) + 1
    largest = int(np.bincount(sample).argmax())
    scales = np.ones((n_samples, log.shape[1]), np.float32)
    for last in [False] * (_ROUNDS - 1) + [True]:
        kinds, n_kinds = _kinds(np.log1p(scaled(level, scales, sample)), sample, largest, seed)
        sums = _sums(level, sample * n_kinds + kinds, n_samples * n_kinds)
        cells = np.bincount(sample * n_kinds + kinds, minlength=n_samples * n_kinds).astype(np.float64)
        sums, cells = sums.reshape(n_samples, n_kinds, -1), cells.reshape(n_samples, n_kinds)
        prior = _PRIOR * np.asarray(level.mean(axis=0)).ravel()
        for b in range(n_samples):
            pair = Pair(sums[[largest, b]], cells[[largest, b]], prior)
            scales[b] = pair.factors()
            if last and not pair.agree():
                scales[b] = 1
    return scales


class Pair(NamedTuple):
    """Sums (2, T, G) and numbers of cells (2, T) of each kind in the largest sample and in another."""

    sums: np.ndarray
    cells: np.ndarray
    prior: np.ndarray

    def factors(self, kinds: slice | np.ndarray = slice(None)) -> np.ndarray:
        """The factor of each gene (G,), told by some of the kinds."""
        n, m = self.cells[:, kinds]
        mean = self.sums[:, kinds] / np.maximum(self.cells[:, kinds], 1)[:, :, None]
        weight = n * m / np.maximum(n + m, 1)  # (T,)
        above, below = weight @ mean[0] + self.prior, weight @ mean[1] + self.prior
        return np.divide(above, below, out=np.ones_like(above), where=below > 0)

    def agree(self) -> bool:
        """Whether unlike kinds tell the same factors: those of one side of the largest sample's first
        component and those of the other, of about as many cells."""
        profile = np.log1p(self.sums[0] / np.maximum(self.cells[0], 1)[:, None])
        side = np.linalg.svd(profile - profile.mean(axis=0), full_matrices=False)[0][:, 0]
        order = np.argsort(side, kind="stable")
        both = self.cells.min(axis=0)[order].cumsum()
        one, other = (
            np.log(np.maximum(self.factors(half), _TINY))
            for half in (order[both <= both[-1] / 2], order[both > both[-1] / 2])
        )
        spread = one.std() * other.std()
        return bool(spread > 0 and np.mean((one - one.mean()) * (other - other.mean())) > _AGREEMENT * spread)


def scaled(values: sparse.csr_matrix, scales: np.ndarray, sample: np.ndarray) -> sparse.csr_matrix:
    """Values (N, G) times the factor (B, G) of each cell's sample; the input is not edited."""
    data = values.data.astype(np.float32, copy=True)
    rows = np.repeat(sample, np.diff(values.indptr))
    data *= scales[rows, values.indices]
    return sparse.csr_matrix((data, values.indices, values.indptr), values.shape)


def _kinds(log: sparse.csr_matrix, sample: np.ndarray, largest: int, seed: int) -> tuple[np.ndarray, int]:
    """Kind of each cell, (N,), by the centres of those in the largest sample, and their number."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import pairwise_distances_argmin

    totals = np.asarray(log.sum(axis=1)).ravel()
    features = fit_projection(log, totals, LOG, _COMPONENTS, seed=seed).apply(log, totals)
    reference = features[sample == largest]
    n_kinds = max(1, min(_TYPES, len(reference) // 10))
    centers = KMeans(n_kinds, n_init=1, random_state=seed).fit(reference).cluster_centers_
    kinds = np.empty(len(features), np.int64)
    for b in range(int(sample.max()) + 1):
        here = features[sample == b]
        shift = np.zeros(here.shape[1], np.float32)
        for _ in range(_STEPS if b != largest else 1):
            own = pairwise_distances_argmin(here - shift, centers)
            shift = (here - centers[own]).mean(axis=0)
        kinds[sample == b] = own
    return kinds, n_kinds


def _sums(level: sparse.csr_matrix, group: np.ndarray, n_groups: int) -> np.ndarray:
    """Sum of each gene over the cells of each group, (groups, G)."""
    members = sparse.csr_matrix((np.ones(len(group)), (group, np.arange(len(group)))), (n_groups, len(group)))
    return np.asarray((members @ level).todense())
