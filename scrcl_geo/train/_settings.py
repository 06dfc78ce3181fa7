"""How a network is trained, as one object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from scrcl_geo import _validate
from scrcl_geo.train._stopping import HeldOut, LossPlateau

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData


class Masking(Protocol):
    """What hides cells, such as :class:`scrcl_geo.graph.MaskCells`."""

    def __call__(self, data: HeteroData) -> HeteroData: ...

    def validation(self, data: HeteroData) -> HeteroData: ...


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of the optimiser, of what each step sees, and of the end.

    Parameters
    ----------
    max_epochs
        Passes over all batches, at most.
    learning_rate, weight_decay
        Of Adam; the decay is decoupled from the gradient (AdamW) unless ``decoupled`` is False.
    max_grad_norm
        Gradients are scaled down to this norm; None leaves them.
    masking
        What each step hides, such as :class:`scrcl_geo.graph.MaskCells`; None shows all cells.
    stopping
        Label-free rule: :class:`LossPlateau` on the loss per epoch, or :class:`HeldOut` with ``masking``;
        None runs all epochs.
    max_steps
        Steps, at most, where the last pass is not to be a whole one.

    Raises
    ------
    ScrclInputError
        A setting is out of range.
    """

    max_epochs: int = 60
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    decoupled: bool = True
    max_grad_norm: float | None = 1.0
    masking: Masking | None = None
    stopping: LossPlateau | HeldOut | None = field(default_factory=LossPlateau)
    max_steps: int | None = None

    def __post_init__(self) -> None:
        _validate.at_least("max_epochs", self.max_epochs, 1)
        if self.max_steps is not None:
            _validate.at_least("max_steps", self.max_steps, 1)
        _validate.positive("learning_rate", self.learning_rate)
        _validate.at_least("weight_decay", self.weight_decay, 0, whole=False)
        if self.max_grad_norm is not None:
            _validate.positive("max_grad_norm", self.max_grad_norm)
        if isinstance(self.stopping, HeldOut) and self.masking is None:
            raise _validate.fail(
                "stopping by held-out cells needs masking", "masking=None", "pass masking=MaskCells()"
            )
