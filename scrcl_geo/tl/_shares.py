"""Shares of groups in samples under two conditions; pure functions on counts."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np

_MOST = 10_000  # relabellings; of more, that many are drawn


def log_ratios(counts: np.ndarray) -> np.ndarray:
    """Log ratios of the groups' counts to what is usual in each sample, (S, K) each.

    Half a cell is added to each, so that none is without. Each group is taken beside its mean over samples,
    then each sample beside its median group: a group that doubles moves the mean of its samples, and with it
    would move all others, but hardly the median.
    """
    logs = np.log(counts + 0.5)
    logs = logs - logs.mean(axis=0)
    return logs - np.median(logs, axis=1, keepdims=True)


def relabellings(reference: np.ndarray, seed: int) -> np.ndarray:
    """Ways to call as many samples the reference, (R, S): all, or a draw of many; the real one is first."""
    n, n_reference = len(reference), int(reference.sum())
    if comb(n, n_reference) <= _MOST:
        ways = np.zeros((comb(n, n_reference), n), bool)
        np.put_along_axis(ways, np.array(list(combinations(range(n), n_reference))), True, axis=1)
        real = (ways == reference).all(axis=1)
        return np.concatenate([ways[real], ways[~real]])
    rng = np.random.default_rng(seed)
    drawn = rng.permuted(np.tile(reference, (_MOST - 1, 1)), axis=1)
    return np.concatenate([reference[None], drawn])


def statistics(ratios: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Change of each group and its t statistic under each labelling, (R, K) both.

    A group that grows lowers the shares of all others: the change is taken against that of the median group.
    Variances are drawn half way to their median over groups, since a few samples tell little of each.

    Shapes: ``ratios`` (S, K), ``reference`` (R, S).
    """
    n, n_reference = reference.shape[1], int(reference[0].sum())
    n_other = n - n_reference
    low, high = reference / n_reference, ~reference / n_other
    change = (high - low) @ ratios
    within = n_reference * (low @ ratios**2 - (low @ ratios) ** 2)
    within += n_other * (high @ ratios**2 - (high @ ratios) ** 2)
    variance = np.maximum(within / (n - 2), 1e-12)
    variance = (variance + np.median(variance, axis=1, keepdims=True)) / 2
    change = change - np.median(change, axis=1, keepdims=True)
    return change, change / np.sqrt(variance * (1 / n_reference + 1 / n_other))


def pvalues(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """P-values of each group, and adjusted for all of them, (K,) each, from the statistics under labellings.

    Adjusted by the largest statistic, step by step down (Westfall and Young 1993): the chance that any of the
    groups is called where none changes is at most the level, whatever the groups' dependence.

    Shapes: ``t`` (R, K), the real labelling first.
    """
    size = np.abs(t)
    as_large = size >= size[0] - 1e-9  # the mirrored labelling differs by rounding
    order = np.argsort(-size[0], kind="stable")
    largest = np.maximum.accumulate(size[:, order[::-1]], axis=1)[:, ::-1]  # of a group and those after it
    adjusted = np.empty(t.shape[1])
    adjusted[order] = np.maximum.accumulate((largest >= size[0, order] - 1e-9).mean(axis=0))
    return as_large.mean(axis=0), adjusted
