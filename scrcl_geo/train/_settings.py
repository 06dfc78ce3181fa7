"""How a network is trained, as one object."""

from __future__ import annotations

from dataclasses import dataclass, field

from scrcl_geo import _validate
from scrcl_geo.train._stopping import LossPlateau


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of the optimiser and of its end.

    Parameters
    ----------
    max_epochs
        Passes over all batches, at most.
    learning_rate, weight_decay
        Of Adam.
    max_grad_norm
        Gradients are scaled down to this norm; None leaves them.
    stopping
        Label-free rule on the loss per epoch; None runs all epochs.

    Raises
    ------
    ScrclInputError
        A setting is out of range.
    """

    max_epochs: int = 60
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    max_grad_norm: float | None = 1.0
    stopping: LossPlateau | None = field(default_factory=LossPlateau)

    def __post_init__(self) -> None:
        _validate.at_least("max_epochs", self.max_epochs, 1)
        _validate.positive("learning_rate", self.learning_rate)
        _validate.at_least("weight_decay", self.weight_decay, 0)
        if self.max_grad_norm is not None:
            _validate.positive("max_grad_norm", self.max_grad_norm)
