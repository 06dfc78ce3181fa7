"""How many dimensions rows spread over."""

import numpy as np
import pytest

from scrcl_geo._features import parts


def test_as_many_as_are_equal_none_where_all_rows_are():
    x = np.random.default_rng(0).normal(size=(5000, 6))
    assert parts.effective_rank(x) == pytest.approx(6, rel=0.01)
    assert parts.effective_rank(x * [1, 1, 1, 0, 0, 0]) == pytest.approx(3, rel=0.01)
    assert parts.effective_rank(np.ones((10, 3))) == 0


def test_several_matrices_are_one_and_chunks_do_not_matter(monkeypatch):
    x = np.random.default_rng(0).normal(size=(500, 6)) @ np.random.default_rng(1).normal(size=(6, 6))
    whole = parts.effective_rank(x)
    monkeypatch.setattr(parts, "_CHUNK", 70)
    assert parts.effective_rank(x[:, :2], x[:, 2:]) == pytest.approx(whole)
