"""How the paper clusters: k-means by the cosine, and the majority of neighbours in tissue."""

import numpy as np
import pytest

from scrcl_geo import metrics
from scrcl_geo.cluster import majority, spherical_kmeans


def test_length_of_a_row_does_not_matter_to_the_cosine():
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], 40)
    x = np.eye(3)[truth] + 0.05 * rng.standard_normal((120, 3))
    found = spherical_kmeans(x, 3, seed=1)
    assert metrics.ari(truth, found) == pytest.approx(1)
    assert np.array_equal(spherical_kmeans(x * rng.uniform(0.1, 100, (120, 1)), 3, seed=1), found)


def test_majority_counts_neighbours_and_breaks_ties_by_the_nearest():
    line = np.array([0.0, 1.0, 2.1, 10.0, 11.0, 12.1])[:, None]
    labels = np.array([0, 1, 0, 1, 1, 0])
    assert majority(labels, line, 2).tolist() == [1, 0, 1, 1, 1, 1]
    assert majority(labels, line, 2, np.array([0, 0, 0, 1, 1, 1])).tolist() == [1, 0, 1, 1, 1, 1]
    assert majority(np.array([0, 1]), np.zeros((2, 2)), 1, np.array([0, 1])).tolist() == [0, 1]
