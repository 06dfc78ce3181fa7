"""When to stop, judged by the loss alone: no label is in reach."""

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
        _validate.at_least("tolerance", self.tolerance, 0)

    def reached(self, losses: Sequence[float]) -> bool:
        """Whether the total losses so far, one per epoch, have come to rest."""
        if len(losses) < 2 * self.window:
            return False
        before = sum(losses[-2 * self.window : -self.window])
        now = sum(losses[-self.window :])
        return before - now <= self.tolerance * abs(before)
