"""Wilcoxon's rank sum of genes in clusters, with the null of permuted labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse, special, stats

from scrcl_geo._associations.counted import counted_tail
from scrcl_geo._associations.ranks import MEAN, Ranks

_SORTED = 50_000_000  # values of the columns that are sorted by gene at a time
_GENES, _CLUSTERS = 100, 10  # at a time: counting takes 8 MB for each hundred genes and cluster
_FEW = 5  # cells of a cluster up to which groups are counted


class RankSums(NamedTuple):
    """Per gene and cluster, (G, K) each: standardised rank sum, and one-sided p-value."""

    score: np.ndarray
    pvalue: np.ndarray


class Null(NamedTuple):
    """What labels permuted within samples do to a sum of ranks, by cluster, (K,) each.

    ``variance`` and ``third`` times the ranks' central sums of squares and cubes are the moments; ``groups``
    is the logarithm of the number of groups of as many cells.
    """

    sizes: np.ndarray
    variance: np.ndarray
    third: np.ndarray
    untied: np.ndarray
    groups: np.ndarray

    @classmethod
    def of(cls, n_cells: int, sizes: np.ndarray) -> Null:
        """For clusters of ``sizes`` cells, (K,), in a sample of ``n_cells``."""
        n, big = sizes.astype(float), float(n_cells)
        variance = n * (big - n) / max(big * (big - 1), 1)
        third = n * (big - n) * (big - 2 * n) / max(big * (big - 1) * (big - 2), 1)
        groups = special.gammaln(big + 1) - special.gammaln(n + 1) - special.gammaln(big - n + 1)
        return cls(n, variance, third, variance * big * (big - 1) / (12 * (big + 1)), groups)


def rank_sums(
    expression: sparse.csr_matrix,
    labels: np.ndarray,
    n_clusters: int,
    samples: np.ndarray | None = None,
) -> RankSums:
    r"""Wilcoxon's rank sum of each gene in each cluster against all other cells.

    .. math::
        T_{gc} = \sum_b \frac{1}{N_b + 1} \sum_{i \in b,\, l_i = c} (r_{ig} - \bar r_b)

    with r the rank of a cell within its sample b of N_b cells, ties averaged. The null permutes the labels
    within each sample. For clusters of at most five cells all groups of as many cells are counted; for others
    the p-value is the tail of the Pearson type III law that has the exact mean, variance and third moment of
    T under the null. None is below one over the number of groups. The score divides by the deviation of
    ranks without ties, one for all genes, so that it orders genes by the size of the effect: a gene that few
    cells express differs little however surely.

    Shapes: ``expression`` (N, G) ≥ 0, ``labels`` (N,) in 0 … K - 1, ``samples`` (N,) → (G, K) each.
    O(nnz (K + log N)).

    Source: Wilcoxon (Biometrics Bulletin 1945); samples of equal weight per cell as in van Elteren (1960);
    moments of draws without replacement as in Cochran (Sampling Techniques, 1977).
    """
    n_genes = expression.shape[1]
    members = sparse.csr_matrix(
        (np.ones(len(labels)), labels, np.arange(len(labels) + 1)), (len(labels), n_clusters)
    )
    rows = None if samples is None else [np.flatnonzero(samples == b) for b in np.unique(samples)]
    groups = [members] if rows is None else [members[r] for r in rows]
    nulls = [Null.of(group.shape[0], np.asarray(group.sum(axis=0)).reshape(-1)) for group in groups]
    few = np.flatnonzero(np.bincount(labels, minlength=n_clusters) <= _FEW)
    sums, variance, third = (np.zeros((n_genes, n_clusters)) for _ in range(3))
    counted = np.ones((n_genes, len(few)))
    for genes, values in _by_gene(expression, rows):
        ranks = [Ranks.of(part) for part in values]
        for rank, member, null in zip(ranks, groups, nulls, strict=True):
            sums[genes] += rank.sums(member) - MEAN * null.sizes
            variance[genes] += np.outer(rank.central(2), null.variance)
            third[genes] += np.outer(rank.central(3), null.third)
        for some in _blocks(len(few), _CLUSTERS):
            counted[genes, some] = counted_tail(ranks, [member[:, few[some]] for member in groups])
    deviation = np.sqrt(np.maximum(variance, 0))
    pvalue = stats.pearson3.sf(_over(sums, deviation), _over(third, deviation**3))
    pvalue[:, few] = counted
    pvalue[deviation == 0] = 1.0
    least = np.maximum(np.exp(-sum(null.groups for null in nulls)), np.finfo(float).tiny)
    untied = np.sqrt(sum(null.untied for null in nulls))
    return RankSums(_over(sums, np.broadcast_to(untied, sums.shape)), np.clip(pvalue, least, 1.0))


def _by_gene(
    expression: sparse.csr_matrix, rows: Sequence[np.ndarray] | None
) -> Iterator[tuple[slice, list[sparse.csc_matrix]]]:
    """Some genes at a time with their columns, for all rows or each of several groups of them.

    Of a matrix of many values, some columns are sorted by gene at a time: a copy is as large as they are.
    """
    n_genes = expression.shape[1]
    step = max(_GENES, n_genes // max(1, expression.nnz // _SORTED))
    for wide in _blocks(n_genes, step):
        some = expression if step >= n_genes else expression[:, wide]
        parts = [some.tocsc()] if rows is None else [some[r].tocsc() for r in rows]
        width = some.shape[1]
        for narrow in _blocks(width, _GENES):
            genes = slice(wide.start + narrow.start, wide.start + min(narrow.stop, width))
            yield genes, [part[:, narrow] for part in parts]


def _over(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """The quotient; zero where nothing varies."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def _blocks(n: int, size: int) -> Iterator[slice]:
    for start in range(0, n, size):
        yield slice(start, start + size)
