"""Agreement of two labelings: pure functions that never edit their input.

Labels are used here and nowhere else in the package. Cells without a true label (NaN, None or
pandas' NA) are left out of every score.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from sklearn import metrics as sk_metrics

from scrcl_geo import _validate

Labels: TypeAlias = Sequence[Any] | np.ndarray | pd.Series


def accuracy(true: Labels, predicted: Labels) -> float:
    """Share of cells whose cluster is matched to their class, by the best one-to-one matching.

    Clusters beyond the number of classes stay unmatched and count as wrong.
    Source: Hungarian matching (Kuhn 1955), as usual in the clustering literature.

    Examples
    --------
    >>> accuracy(["a", "a", "b", "b"], [1, 1, 0, 1])
    0.75
    """
    table, rows, cols = _matched(true, predicted)
    return float(table[rows, cols].sum() / table.sum())


def macro_f1(true: Labels, predicted: Labels) -> float:
    """Unweighted mean over classes of the F1 score, after the matching of :func:`accuracy`.

    A class without a matched cluster scores 0, so small classes that are missed are seen.

    Examples
    --------
    >>> macro_f1(["a", "a", "b", "b"], [1, 1, 0, 0])
    1.0
    """
    table, rows, cols = _matched(true, predicted)
    hits = table[rows, cols]
    f1 = 2 * hits / (table.sum(axis=1)[rows] + table.sum(axis=0)[cols])
    return float(f1.sum() / table.shape[0])


def nmi(true: Labels, predicted: Labels) -> float:
    """Normalised mutual information, arithmetic mean of the entropies.

    Examples
    --------
    >>> nmi(["a", "a", "b", "b"], [0, 0, 1, 1])
    1.0
    """
    return float(sk_metrics.normalized_mutual_info_score(*_labelled(true, predicted)))


def ari(true: Labels, predicted: Labels) -> float:
    """Adjusted Rand index (Hubert & Arabie 1985): 1 for equal partitions, 0 expected by chance.

    Examples
    --------
    >>> ari(["a", "a", "b", "b"], [0, 0, 1, 1])
    1.0
    """
    return float(sk_metrics.adjusted_rand_score(*_labelled(true, predicted)))


def scores(true: Labels, predicted: Labels) -> dict[str, float]:
    """All agreement scores at once: ``ACC``, ``NMI``, ``ARI``, ``F1``.

    Examples
    --------
    >>> scores(["a", "b", None], [0, 1, 1])["ACC"]
    1.0
    """
    return {
        "ACC": accuracy(true, predicted),
        "NMI": nmi(true, predicted),
        "ARI": ari(true, predicted),
        "F1": macro_f1(true, predicted),
    }


def spatial_coherence(labels: Labels, adjacency: Any) -> float:
    """Share of edges of a spatial graph whose two cells carry the same label.

    Parameters
    ----------
    labels
        (N,) labels.
    adjacency
        (N, N) sparse matrix.

    Examples
    --------
    >>> from scipy import sparse
    >>> spatial_coherence(["a", "a", "b"], sparse.csr_matrix([[0, 1, 0], [0, 0, 1], [0, 0, 0]]))
    0.5
    """
    edges = adjacency.tocoo()
    codes = pd.factorize(np.asarray(labels))[0]
    if not edges.nnz:
        raise _validate.fail("adjacency has no edges", "0 edges", "build a spatial graph first")
    return float((codes[edges.row] == codes[edges.col]).mean())


def _labelled(true: Labels, predicted: Labels) -> tuple[np.ndarray, np.ndarray]:
    if len(true) != len(predicted):
        raise _validate.fail(
            "labels differ in length",
            f"{len(true)} true and {len(predicted)} predicted",
            "pass one of each per cell",
        )
    true_codes = pd.factorize(pd.Series(list(true)))[0]  # -1 where missing
    kept = true_codes >= 0
    if not kept.any():
        raise _validate.fail("no true labels", "all missing", "pass at least one true label")
    return true_codes[kept], pd.factorize(pd.Series(list(predicted)))[0][kept]


def _matched(true: Labels, predicted: Labels) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Contingency table (classes, clusters) and the rows and columns of its best matching."""
    table = sk_metrics.cluster.contingency_matrix(*_labelled(true, predicted))
    rows, cols = linear_sum_assignment(table, maximize=True)
    return table, rows, cols
