"""When to stop, judged without any label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scrcl_geo import _validate


@dataclass(frozen=True)
class LossPlateau:
    """Stop when the mean loss of a window improves on the window before by less than a fraction.

    Parameters
    ----------
    window
        Epochs per window.
    tolerance
        Smallest relative improvement that keeps the training going.

    Examples
    --------
    >>> LossPlateau(window=2).reached([4.0, 3.0, 2.0, 1.0])
    False
    >>> LossPlateau(window=2).reached([4.0, 3.0, 1.0, 1.0, 1.0, 1.0])
    True
    """

    window: int = 10
    tolerance: float = 1e-3

    def __post_init__(self) -> None:
        _validate.at_least("window", self.window, 1)
        _validate.at_least("tolerance", self.tolerance, 0, whole=False)

    def reached(self, losses: Sequence[float]) -> bool:
        """Whether the total losses so far, one per epoch, have come to rest."""
        if len(losses) < 2 * self.window:
            return False
        before = sum(losses[-2 * self.window : -self.window])
        now = sum(losses[-self.window :])
        return before - now <= self.tolerance * abs(before)


@dataclass(frozen=True)
class HeldOut:
    """Keep the state that predicts cells best that training never asks for; stop when it is long past.

    Small tissues are learned by heart within some tens of steps, large ones are not; the likelihood of cells
    held out tells when: :func:`hold_out` marks them.

    Parameters
    ----------
    every
        Steps between two checks.
    patience
        Checks without a better one after which training stops.

    Examples
    --------
    >>> HeldOut(patience=2).reached([3.0, 2.0, 2.5])
    False
    >>> HeldOut(patience=2).reached([3.0, 2.0, 2.5, 2.6])
    True
    """

    every: int = 10
    patience: int = 4

    def __post_init__(self) -> None:
        _validate.at_least("every", self.every, 1)
        _validate.at_least("patience", self.patience, 1)

    def reached(self, losses: Sequence[float]) -> bool:
        """Whether the losses on held-out cells so far, one per check, have their best long behind them."""
        return (
            bool(losses)
            and len(losses) - 1 - min(range(len(losses)), key=losses.__getitem__) >= self.patience
        )
