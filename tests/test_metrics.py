"""Scores: hand-made values, missing labels, and inputs left alone."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scrcl_geo import metrics

TRUE = ["a", "a", "a", "b", "b", "c"]


def test_perfect_and_renamed():
    for score in metrics.scores(TRUE, [5, 5, 5, 2, 2, 9]).values():
        assert score == 1.0


def test_hand_made_values():
    predicted = [0, 0, 1, 1, 1, 1]  # a↔0 (2 of 3), b↔1 (2 of 4 predicted), c unmatched
    assert metrics.accuracy(TRUE, predicted) == pytest.approx(4 / 6)
    assert metrics.macro_f1(TRUE, predicted) == pytest.approx((4 / 5 + 4 / 6 + 0) / 3)
    # pairs: 2 of 4 true pairs kept, 7 pairs predicted, 15 in all
    expected = 4 * 7 / 15
    assert metrics.ari(TRUE, predicted) == pytest.approx((2 - expected) / ((4 + 7) / 2 - expected))


def test_a_single_cluster_scores_what_chance_gives():
    assert metrics.ari(TRUE, [0] * 6) == 0
    assert metrics.nmi(TRUE, [0] * 6) == 0
    assert metrics.accuracy(TRUE, [0] * 6) == 0.5
    assert metrics.ari(["a", "a"], [0, 0]) == 1


def test_more_clusters_than_classes_leave_some_unmatched():
    assert metrics.accuracy(["a", "a", "b", "b"], [0, 1, 2, 3]) == 0.5


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_unlabelled_cells_are_left_out(missing):
    assert metrics.scores([*TRUE, missing], [0, 0, 0, 1, 1, 2, 0])["ARI"] == 1.0


def test_categoricals_and_arrays_agree_and_stay_unchanged():
    true = pd.Series(pd.Categorical(TRUE))
    predicted = np.array([0, 0, 1, 1, 1, 1])
    before = predicted.copy()
    assert metrics.nmi(true, predicted) == metrics.nmi(TRUE, predicted.tolist())
    assert np.array_equal(predicted, before)


def test_bad_input():
    for call, message in {
        lambda: metrics.ari(TRUE, [0, 1]): (
            "labels differ in length: found 6 true and 2 predicted; pass one of each per cell."
        ),
        lambda: metrics.ari([None, None], [0, 1]): (
            "no true labels: found all missing; pass at least one true label."
        ),
        lambda: metrics.spatial_coherence(["x"], sparse.csr_matrix((1, 1))): (
            "adjacency has no edges: found 0 edges; build a spatial graph first."
        ),
    }.items():
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            call()


def test_names_of_scores():
    assert list(metrics.scores(TRUE, TRUE)) == ["ACC", "NMI", "ARI", "F1"]


def test_spatial_coherence():
    line = sparse.csr_matrix(([1, 1, 1], ([0, 1, 2], [1, 2, 3])), (4, 4))
    assert metrics.spatial_coherence(["x", "x", "y", "y"], line) == pytest.approx(2 / 3)
