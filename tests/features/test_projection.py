"""Leading eigenvectors of a covariance: the direct solver's, also where a Lanczos search stands in for it."""

import numpy as np
import pytest
from scipy import linalg
from scipy.sparse.linalg import ArpackNoConvergence

from scrcl_geo._features import projection


@pytest.fixture(scope="module")
def covariance():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 1200)) + rng.normal(size=(300, 5)) @ rng.normal(size=(5, 1200))
    return np.cov(x.T)


def direct(covariance, n):
    values, vectors = linalg.eigh(covariance)
    return values[::-1][:n], vectors[:, ::-1][:, :n]


@pytest.mark.parametrize("n", [20, 200])
def test_the_same_as_all_eigenvectors(covariance, n):
    values, vectors = projection._leading(np.triu(covariance), n)
    expected, expected_vectors = direct(covariance, n)
    np.testing.assert_allclose(values, expected, rtol=1e-9)
    np.testing.assert_allclose(np.abs((vectors * expected_vectors).sum(axis=0)), 1, atol=1e-6)


def test_a_search_that_does_not_end_is_not_the_last_word(covariance, monkeypatch):
    def never(*_, **__):
        raise ArpackNoConvergence("no convergence", np.empty(0), np.empty((0, 0)))

    monkeypatch.setattr(projection, "eigsh", never)
    np.testing.assert_allclose(projection._leading(covariance, 20)[0], direct(covariance, 20)[0], rtol=1e-9)


def test_nothing_varies():
    assert projection._leading(np.zeros((1500, 1500)), 10)[0].tolist() == [0] * 10
