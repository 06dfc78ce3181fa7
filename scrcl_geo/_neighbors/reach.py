"""How far a cell of a tissue tells about the cells around it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

REACHES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)  # in hops
_OF_VIEWS, _OF_INPUT = 4, 2  # parts of the reach; views look around themselves already
_HIDDEN = 0.3  # share of the cells that each draw hides
_DRAWS = 3
_SHRINKAGE = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)


def averaged_hops(reach: int, *, views: bool) -> int:
    """Hops over which views, or the input itself, are averaged in a tissue of this reach."""
    return reach // _OF_VIEWS if views else max(1, reach // _OF_INPUT)


def information_by_reach(
    types: Sequence[np.ndarray], adjacency: sparse.csr_matrix, *, seed: int = 0
) -> np.ndarray:
    """What the types around a hidden cell tell of its own type, in nats, for each of ``REACHES``.

    Cells are hidden at random; the type of each is predicted by the shares of types among the cells that are
    seen around it, averaged over the reach and drawn towards the shares in the whole tissue as far as that
    helps. The gain in log-likelihood over the shares in the whole tissue is highest at the reach within
    which tissue is alike: a step in thin layers, tens of cells in large domains.

    Shapes: ``types`` (N,) integers, one sorting or several, ``adjacency`` (N, N) → (reaches,).
    O(draws · largest reach · E · types).
    """
    rng = np.random.default_rng(seed)
    n_cells = adjacency.shape[0]
    closed = adjacency + sparse.eye(n_cells, dtype=np.float32, format="csr")
    walk = sparse.diags(1 / np.asarray(closed.sum(axis=1)).ravel()) @ closed
    walk = walk.tocsr().astype(np.float32)
    information = np.zeros(len(REACHES))
    for _ in range(_DRAWS):
        hidden = rng.random(n_cells) < _HIDDEN
        if hidden.all() or not hidden.any():
            continue
        for sorting in types:
            information += _gains(sorting, hidden, walk)
    return information / (_DRAWS * len(types))


def _gains(types: np.ndarray, hidden: np.ndarray, walk: sparse.csr_matrix) -> np.ndarray:
    """Gain of one sorting and one draw at each reach."""
    own, seen = np.eye(int(types.max()) + 1, dtype=np.float32)[types], ~hidden[:, None]
    overall = np.maximum(own[~hidden].mean(axis=0), 1 / len(types))
    asked = np.flatnonzero(hidden), types[hidden]
    before = np.log(overall[types[hidden]]).mean()
    around = np.concatenate([own * seen, seen], axis=1, dtype=np.float32)
    gains = np.zeros(len(REACHES))
    for hops in range(1, max(REACHES) + 1):
        around = walk @ around
        if hops in REACHES:
            share = around[asked] / np.maximum(around[hidden, -1], np.finfo(np.float32).tiny)
            likelihoods = [np.log((1 - s) * share + s * overall[types[hidden]]).mean() for s in _SHRINKAGE]
            gains[REACHES.index(hops)] = max(likelihoods) - before
    return gains
