"""The mixture is scikit-learn's."""

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from scrcl_geo.cluster._mixture import tied_mixture


@pytest.mark.parametrize(("n_columns", "n_clusters"), [(1, 2), (6, 5), (20, 12)])
def test_equals_the_mixture_of_scikit_learn(n_columns, n_clusters):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, n_columns)) + 2 * rng.normal(size=(4, n_columns))[rng.integers(0, 4, 600)]
    theirs = GaussianMixture(n_clusters, covariance_type="tied", max_iter=200, reg_covar=1e-4, random_state=3)
    labels = theirs.fit_predict(x)
    likelihood, ours = tied_mixture(x, n_clusters, seed=3)
    assert likelihood == pytest.approx(theirs.lower_bound_, abs=1e-10)
    assert np.array_equal(ours, labels)


def test_a_direction_without_spread_is_no_obstacle():
    x = np.repeat([[0.0, 1.0], [5.0, 1.0]], 20, axis=0)
    likelihood, labels = tied_mixture(x, 2, seed=0)
    assert np.isfinite(likelihood)
    assert sorted(np.bincount(labels)) == [20, 20]
