"""How many clusters there are, without labels: merge trees, scored, and how stable they are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _validate
from scrcl_geo.cluster._merging import merging_path
from scrcl_geo.cluster._order import by_value

if TYPE_CHECKING:
    import pandas as pd

_CELLS = 10_000  # at most: the cost does not grow with the data beyond
_SHARE = 0.8  # of the cells in each subsample for stability, which is rougher:
_SUBSAMPLE = 4000
_COMPONENTS = 50


def number_of_clusters(
    embedding: np.ndarray,
    *,
    max_clusters: int | None = None,
    n_repeats: int = 5,
    seed: int = 0,
) -> pd.DataFrame:
    """Score and stability of every number of clusters, on at most 10,000 cells, whatever their order.

    The cells are merged from many small clusters down to few (:func:`scrcl_geo.cluster.merging`), which gives
    one partition per number. Its score is its mean silhouette.

    Stability is the agreement (ARI) of the partitions of two subsamples of 80 % on the cells they share:
    context for the reader, not part of the score, because alone it prefers too few or too many.

    Shapes: ``embedding`` (N, D) → one row per number, from 3 (silhouettes always favour 2) or from 2 with
    fewer than 12 cells. Columns ``n_clusters``, ``score``, ``stability``, ``stability_low``,
    ``stability_high`` (quartiles over pairs).

    Parameters
    ----------
    max_clusters
        Largest number considered; √N, at most 30, by default.
    n_repeats
        Subsamples for stability, at least 2.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.repeat(4 * np.eye(4), 50, axis=0) + np.random.default_rng(0).normal(0, 0.5, (200, 4))
    >>> table = number_of_clusters(x)
    >>> best_number(table)
    4
    """
    import pandas as pd

    from scrcl_geo.cluster._silhouette import silhouettes

    _validate.at_least("n_repeats", n_repeats, 2)
    if max_clusters is not None:
        _validate.n_clusters(max_clusters, len(embedding))
    embedding = by_value(np.asarray(embedding, dtype=np.float32))
    cells = np.sort(np.random.default_rng(seed).permutation(len(embedding))[:_CELLS])
    embedding = embedding[cells]
    n_cells = len(cells)
    if n_cells < 3:
        raise _validate.fail(
            "too few cells to estimate a number of clusters", f"{n_cells}", "pass the number"
        )
    fewest = 3 if n_cells >= 12 else 2
    most = min(n_cells - 1, max_clusters or max(fewest, min(30, round(np.sqrt(n_cells)))))
    numbers = range(min(fewest, most), most + 1)

    tree = merging_path(embedding, numbers, seed=seed)
    kept = [k for k in numbers if k in tree]
    if not kept:
        raise _validate.fail("all cells are alike", "fewer distinct than clusters", "check the embedding")
    agreement = _agreement(_leading(embedding), kept, n_repeats, seed)  # (numbers, pairs)
    low, middle, high = np.quantile(agreement, [0.25, 0.5, 0.75], axis=1)
    return pd.DataFrame(
        {
            "n_clusters": kept,
            "score": silhouettes([tree[k] for k in kept], embedding, seed),
            "stability": middle,
            "stability_low": low,
            "stability_high": high,
        },
        index=[str(i) for i in range(len(kept))],  # the form in which it reads back from .h5ad
    )


def best_number(table: pd.DataFrame, *, tolerance: float = 0.0) -> int:
    """The smallest number whose score is within ``tolerance`` of the highest.

    Examples
    --------
    >>> import pandas as pd
    >>> best_number(pd.DataFrame({"n_clusters": [2, 3, 4], "score": [1.0, 5.0, 5.0]}))
    3
    """
    good = table["score"] >= table["score"].max() - tolerance
    return int(table["n_clusters"][good].iloc[0])


def _leading(x: np.ndarray) -> np.ndarray:
    """The leading components: distances at a fraction of the cost."""
    from sklearn.decomposition import PCA

    if min(x.shape) <= _COMPONENTS:
        return x
    return PCA(_COMPONENTS, svd_solver="covariance_eigh").fit_transform(x).astype(np.float32)


def _agreement(x: np.ndarray, numbers: Sequence[int], n_repeats: int, seed: int) -> np.ndarray:
    """ARI of each pair of subsamples' partitions on the cells of both, (numbers, pairs)."""
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng(seed)
    n_sample = int(np.clip(round(_SHARE * len(x)), 2, _SUBSAMPLE))
    pool = rng.permutation(len(x))[: round(n_sample / _SHARE)]  # so that any two share most of their cells
    labels = np.full((len(numbers), n_repeats, len(x)), -1)
    for repeat in range(n_repeats):
        sample = rng.permutation(pool)[:n_sample]
        tree = merging_path(x[sample], numbers, seed=seed + repeat)
        for row, number in enumerate(numbers):
            labels[row, repeat, sample] = tree.get(number, 0)
    pairs = list(combinations(range(n_repeats), 2))
    found = np.zeros((len(numbers), len(pairs)))
    for column, (a, b) in enumerate(pairs):
        both = (labels[0, a] >= 0) & (labels[0, b] >= 0)
        if both.any():
            found[:, column] = [adjusted_rand_score(row[a, both], row[b, both]) for row in labels]
    return found
