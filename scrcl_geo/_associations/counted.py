"""Tails of rank sums of a few cells, by counting every group of as many cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import fft, sparse, special

from scrcl_geo._associations.ranks import Ranks

_LEVELS = 1000  # of a rank


def counted_tail(ranks: Sequence[Ranks], members: Sequence[sparse.csr_matrix]) -> np.ndarray:
    r"""Share of all groups of as many cells whose rank sum is at least that of a cluster.

    A sample sends as many cells as the cluster has there. The groups of n cells with a sum s are counted by
    the coefficient of :math:`y^n t^s` in :math:`\prod_i (1 + y\,t^{r_i})`, an elementary symmetric polynomial
    of the :math:`t^{r_i}`, which Newton's identities give from the power sums, here at each root of unity t
    and for ranks rounded to a thousandth.

    Shapes: for each sample, ranks of (N, G) cells and genes and ``members`` (N, K) → (G, K).
    O(samples · G (N + n L log L)), with L some thousand n and n the largest number of cells.
    """
    sizes = np.array([np.asarray(m.sum(axis=0), int).reshape(-1) for m in members])  # (samples, K)
    most = int(sizes.sum(axis=0).max())
    length = fft.next_fast_len(_LEVELS * most + 1)
    n_genes, n_clusters = ranks[0].expressed.shape[1], sizes.shape[1]
    observed = np.zeros((n_genes, n_clusters), int)
    waves = np.ones((n_clusters, n_genes, length), complex)
    for sample, (rank, member) in enumerate(zip(ranks, members, strict=True)):
        levels = rank.rounded(_LEVELS)
        observed += np.rint(levels.sums(member)).astype(int)
        polynomials = _symmetric(_histogram(levels, length), int(sizes[sample].max()))
        for cluster in range(n_clusters):
            n = sizes[sample, cluster]
            waves[cluster] *= polynomials[n] / special.comb(rank.expressed.shape[0], n)
    share = fft.ifft(waves, axis=-1).real
    tails = np.flip(np.cumsum(np.flip(share, axis=-1), axis=-1), axis=-1)  # at least each sum
    return np.take_along_axis(tails, observed.T[:, :, None], axis=-1)[:, :, 0].T


def _histogram(levels: Ranks, length: int) -> np.ndarray:
    """Number of cells at each level, (G, length)."""
    n_cells, n_genes = levels.expressed.shape
    n_expressed = np.diff(levels.expressed.indptr)
    genes = np.repeat(np.arange(n_genes), n_expressed)
    at = genes * length + levels.expressed.data.astype(int)
    cells = np.bincount(at, minlength=n_genes * length).reshape(n_genes, length)
    cells[np.arange(n_genes), levels.silent.astype(int)] += n_cells - n_expressed
    return cells


def _symmetric(histogram: np.ndarray, most: int) -> list[np.ndarray]:
    """Elementary symmetric polynomials of degree 0 … most at the roots of unity, (G, length) each."""
    length = histogram.shape[1]
    wave = fft.fft(histogram, axis=1)
    powers = [wave[:, (k * np.arange(length)) % length] for k in range(1, most + 1)]
    found = [np.ones_like(wave)]
    for n in range(1, most + 1):
        signed = ((-1) ** (k - 1) * found[n - k] * powers[k - 1] for k in range(1, n + 1))
        found.append(sum(signed) / n)
    return found
