"""A training objective is a weighted sum of named loss terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from scrcl_geo import _validate


@dataclass(frozen=True)
class Term:
    """One loss of an :class:`Objective`.

    Parameters
    ----------
    loss
        Module with ``forward(z1: (N, D), z2: (N, D), adj) -> scalar``.
    on
        The pair of embeddings it compares: ``"u"`` (views) or ``"z"`` (refined).
    weight
        Factor in the sum.
    name
        Name in logs; the class name by default.
    """

    loss: nn.Module
    on: str = "u"
    weight: float = 1.0
    name: str | None = None

    @property
    def label(self) -> str:
        """Name shown in logs and errors."""
        return self.name or type(self.loss).__name__


class Objective(nn.Module):
    """Weighted sum of :class:`Term`, kept apart by name so that a log can show each.

    Shapes: the views carry ``u1, u2`` (N, D) and ``z1, z2`` (N, K); ``adj`` is the (N, N) sparse cell graph.

    Raises
    ------
    ScrclInputError
        No term, two terms of one name, or a term on an unknown pair.

    Examples
    --------
    >>> from scrcl_geo.losses import DistributionAlignment, Objective, Term, ViewConsistency
    >>> objective = Objective(Term(DistributionAlignment()), Term(ViewConsistency(), on="z"))
    >>> objective.names
    ['DistributionAlignment', 'ViewConsistency']
    """

    def __init__(self, *terms: Term) -> None:
        super().__init__()
        _validate.at_least("number of terms in the objective", len(terms), 1)
        for term in terms:
            _validate.one_of("on", term.on, ("u", "z"))
        self.names = [term.label for term in terms]
        _validate.unique("names of the objective's terms", self.names)
        self.terms = terms
        self.losses = nn.ModuleList(term.loss for term in terms)

    def forward(self, views: Any, adj: Tensor) -> dict[str, Tensor]:
        """Weighted value of each term; their sum is the loss."""
        return {
            term.label: term.weight
            * term.loss(getattr(views, f"{term.on}1"), getattr(views, f"{term.on}2"), adj)
            for term in self.terms
        }

    def stand_for(self, n_cells: int) -> None:
        """Tell the losses that sum over all cells how many there are, before training on mini-batches."""
        for loss in self.losses:
            if hasattr(loss, "n_cells"):
                setattr(loss, "n_cells", n_cells)  # noqa: B010 - a module's attributes are untyped

    def config(self) -> list[dict[str, Any]]:
        """The terms as plain values, for logs and saved models."""
        return [
            {"name": term.label, "on": term.on, "weight": term.weight, "loss": repr(term.loss)}
            for term in self.terms
        ]
