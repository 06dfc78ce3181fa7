"""Rows in groups, whose neighbours are known by all distances."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def x():
    """3,000 rows of 30 columns about 20 centres."""
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(20, 30)) * 3
    return (centers[rng.integers(20, size=3000)] + rng.normal(size=(3000, 30))).astype(np.float32)
