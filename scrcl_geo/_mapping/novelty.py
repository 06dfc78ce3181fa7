"""How unlike the training cells new cells are, one by one and as a whole."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from scrcl_geo._neighbors.backends import exact_in_single
from scrcl_geo._neighbors.smoothing import smooth

_COMPONENTS, _NEAREST, _ALIKE = 30, 10, 15
_LEAST = 500  # training cells that few new cells are compared with
_DRAWS = 6  # halves of the training cells, each taken for new
_QUANTILE = 0.98  # of training cells taken for new, in each measure
_TINY = float(np.finfo(np.float32).tiny)


class Novelty(NamedTuple):
    """Of each new cell, (N,), above 1 for those unlike the training cells; and of all: how many times as far
    from training cells as from each other the typical new cell lies, beside training cells taken for new."""

    of_cells: np.ndarray
    of_sample: float


class Training:
    """Training cells that the cells of one sample are compared with, in the genes that both have.

    Genes are scaled by their deviation among the training cells, and training and new cells get principal
    components together, so that what new cells alone express has components too. Two measures are taken in
    them: how much farther the nearest training cells are than the nearest new cells, and how far training
    cells are, both averaged over like cells. In tissue the first alone is averaged over the places around
    as well. The limit is what 2 % of the training cells exceed when a random half of them is taken for new.
    Measures of a sample are counted from its own lower quartile, and in its own spread below that, where
    these are greater: what all its cells share is a difference of the sample, which ``of_sample`` tells.

    Shapes: ``reference`` (M, G) log expression. New cells are taken ``n_new``, at most M, at a time:
    O(N M) time, O(M G) memory.
    """

    def __init__(self, reference: sparse.csr_matrix, n_new: int, *, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        self._reference, self._known = reference, _scaled(reference, reference)
        self._at_once = -(-n_new // -(-n_new // len(self._known)))
        judged = [_judged(self._known, self._at_once, self._rng) for _ in range(_DRAWS)]
        self._judged = np.concatenate(judged, axis=1)

    def measures(self, new: sparse.csr_matrix) -> np.ndarray:
        """Both measures, (2, n), of new cells (n, G) that are a fair share of the sample's kinds."""
        m, n = len(self._known), new.shape[0]
        n_known = min(m, max(self._at_once, _LEAST))
        found = np.empty((2, n))
        for part in np.array_split(self._rng.permutation(n), -(-n // self._at_once)):
            beside = self._known[self._rng.permutation(m)[:n_known]]
            found[:, part] = _measures(beside, _scaled(self._reference, new[part]))
        return found

    def novelty(
        self, measures: np.ndarray, near: sparse.csr_matrix | None = None, n_hops: int = 0
    ) -> Novelty:
        """Of a whole sample with ``measures`` (2, N); in tissue with its neighbours ``near`` (N, N)."""
        judged = self._judged
        of_sample = float(np.exp(np.median(measures[0]) - np.median(judged[0])))
        if near is not None:  # where the place tells more than how far a single cell is
            measures, judged = smooth(measures[:1].T, near, n_hops).T, judged[:1]
        of_cells = np.full(measures.shape[1], -np.inf, np.float32)
        for pair in zip(measures, judged, strict=True):
            np.maximum(of_cells, _beyond(*pair), out=of_cells)
        return Novelty(of_cells, of_sample)


def _judged(known: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Measures (2, n) of training cells taken for new, beside others: as many as there are new."""
    order = rng.permutation(len(known))
    half = len(known) // 2
    n_new = max(1, min(half, size))
    beside, taken = order[half:], order[:half]
    groups = [taken[i : i + n_new] for i in range(0, half - n_new + 1, n_new)][:10]
    found = [_measures(known[beside[: max(n_new, _LEAST)]], known[group]) for group in groups]
    if n_new == half:  # the other way round
        found.append(_measures(known[taken], known[beside]))
    return np.concatenate(found, axis=1)


def _measures(known: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Log distance to training cells over that to new cells, and log distance of averages, (2, N)."""
    from sklearn.decomposition import PCA

    m, n = len(known), len(new)
    both = np.concatenate([known, new])
    n_components = min(_COMPONENTS, *both.shape)
    components = PCA(n_components, svd_solver="randomized", iterated_power=4, random_state=0)
    with np.errstate(invalid="ignore"):  # its shares of variance, where no cell differs
        both = components.fit_transform(both)
    known, new = both[:m], both[m:]
    # as many times fewer neighbours as there are fewer cells: where both are mixed, the distances are equal
    n_nearest = max(1, round(_NEAREST * n / m))
    n_alike = max(1, min(_ALIKE, n // 20))
    to_known = _nearest(known, new, _NEAREST)[0].mean(axis=1)
    distance, alike = _nearest(new, None, max(n_nearest, n_alike))
    ratio = _log(to_known) - _log(distance[:, :n_nearest].mean(axis=1))
    alike = alike[:, :n_alike]
    averages = _averaged(known, _nearest(known, None, n_alike)[1])
    apart = _nearest(averages, _averaged(new, alike), _NEAREST)[0].mean(axis=1)
    return np.stack([_averaged(ratio, alike), _log(apart)])


def _beyond(measure: np.ndarray, null: np.ndarray) -> np.ndarray:
    """A measure so that 1 is the limit and 0 the lower quartile of the sample; as precise as it was."""
    low, quartile = np.quantile(measure, [0.05, 0.25]).tolist()
    null_low, null_quartile, limit = np.quantile(null, [0.05, 0.25, _QUANTILE]).tolist()
    wider = max(1.0, (quartile - low) / max(null_quartile - null_low, _TINY))
    beyond = measure - max(quartile, null_quartile)
    beyond /= max((limit - null_quartile) * wider, _TINY)
    return beyond


def _scaled(reference: sparse.csr_matrix, x: sparse.csr_matrix) -> np.ndarray:
    """Dense, each gene over its deviation among the training cells, a little more for steady genes."""
    mean = np.asarray(reference.mean(axis=0)).ravel()
    square = np.asarray(reference.multiply(reference).mean(axis=0)).ravel()
    deviation = np.sqrt(np.maximum(square - mean**2, 0))
    return x.toarray() / np.maximum(deviation + 0.05 * deviation.mean(), 1e-6).astype(np.float32)


def _nearest(known: np.ndarray, new: np.ndarray | None, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances and positions of the nearest known cells, of new cells or of each known cell itself."""
    if new is None and len(known) < 2:  # a cell alone
        return np.zeros((len(known), 1)), np.zeros((len(known), 1), int)
    index, distance = exact_in_single(known, min(n, len(known) - (new is None)), queries=new)
    return distance, index


def _averaged(x: np.ndarray, alike: np.ndarray) -> np.ndarray:
    return (x + x[alike].sum(axis=1)) / (alike.shape[1] + 1)


def _log(distance: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(distance, _TINY))
