"""Dropout from few random bits: torch's in rate, scale, gradient and reproducibility."""

import pytest
import torch

from scrcl_geo.nn.dropout import Dropout

X = torch.randn(1001, 33, generator=torch.Generator().manual_seed(0)).abs() + 1


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_rate_and_scale(rate):
    torch.manual_seed(0)
    x = X.clone().requires_grad_()
    y = Dropout(rate)(x)
    dropped = y == 0
    assert dropped.float().mean().item() == pytest.approx(
        rate, abs=4 * (rate * (1 - rate) / X.numel()) ** 0.5
    )
    torch.testing.assert_close(y[~dropped], X[~dropped] / (1 - rate))
    y.sum().backward()
    torch.testing.assert_close(x.grad, (~dropped) / (1 - rate))


def test_entries_are_independent_of_their_neighbours():
    torch.manual_seed(0)
    dropped = Dropout(0.5)(X).flatten()[:33000] == 0
    for lag in (1, 2, 4, 33):  # four entries come from one number
        both = (dropped[lag:] & dropped[:-lag]).float().mean().item()
        assert both == pytest.approx(0.25, abs=4 * (0.25 * 0.75 / len(dropped)) ** 0.5)


def test_torchs_generator_decides():
    torch.manual_seed(1)
    first, other = Dropout(0.3)(X), Dropout(0.3)(X)
    torch.manual_seed(1)
    assert torch.equal(first, Dropout(0.3)(X))
    assert not torch.equal(first, other)


def test_nothing_is_dropped_after_training_or_at_rate_zero_and_all_at_rate_one():
    assert torch.equal(Dropout(0.5).eval()(X), X)
    assert torch.equal(Dropout(0.0)(X), X)
    assert not Dropout(1.0)(X).any()
    assert Dropout(0.5)(X[:0]).shape == (0, 33)
