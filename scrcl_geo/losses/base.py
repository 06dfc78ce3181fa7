"""A training objective is a weighted sum of named loss terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from scrcl_geo import _validate
from scrcl_geo._messages import linked_edges

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

VIEWS, REFINED, GRAPH = "u", "z", "graph"


@dataclass(frozen=True)
class Term:
    """One loss of an :class:`Objective`.

    Parameters
    ----------
    loss
        Module with ``forward(z1: (N, D), z2: (N, D), edges) -> scalar``; on ``"graph"``, one with
        ``forward(views, data) -> scalar``.
    on
        What it compares: ``"u"``, the view embeddings, ``"z"``, the refined ones, or ``"graph"``, all views
        with the whole :class:`torch_geometric.data.HeteroData`.
    weight
        Factor in the sum.
    name
        Name in logs; the class name by default.
    """

    loss: nn.Module
    on: str = VIEWS
    weight: float = 1.0
    name: str | None = None

    @property
    def label(self) -> str:
        """Name shown in logs and errors."""
        return self.name or type(self.loss).__name__


class Objective(nn.Module):
    """Weighted sum of :class:`Term`, kept apart by name so that a log can show each.

    Shapes: the views carry ``u1, u2`` (N, D) and ``z1, z2`` (N, K); the edges that losses get are those of
    the joined cell graph, ``(cell, linked_to, cell)``, an undirected ``EdgeIndex`` without self-loops.

    Raises
    ------
    ScrclInputError
        No term, two terms of one name, a term on something unknown, or a weight that is not finite.

    Examples
    --------
    >>> from scrcl_geo.losses import DistributionAlignment, Objective, Term, ViewConsistency
    >>> objective = Objective(Term(DistributionAlignment()), Term(ViewConsistency(), on="z", weight=0.5))
    >>> print(objective)
    Objective(
      1 × DistributionAlignment(temperature=1.0) on u
      0.5 × ViewConsistency(per_cell=False, max_cells=20000) on z
    )
    """

    def __init__(self, *terms: Term) -> None:
        super().__init__()
        _validate.at_least("number of terms in the objective", len(terms), 1)
        for term in terms:
            _validate.one_of("on", term.on, (VIEWS, REFINED, GRAPH))
            _validate.within(f"weight of {term.label}", term.weight, -_LARGEST, _LARGEST)
        self.names = [term.label for term in terms]
        _validate.unique("names of the objective's terms", self.names)
        self.terms = terms
        self.losses = nn.ModuleList(term.loss for term in terms)

    def forward(self, views: Any, data: HeteroData) -> dict[str, Tensor]:
        """Weighted value of each term; their sum is the loss."""
        return {term.label: term.weight * _value(term, views, data) for term in self.terms}

    def config(self) -> list[dict[str, Any]]:
        """The terms as plain values, for logs and saved models."""
        return [
            {"name": term.label, "on": term.on, "weight": term.weight, "loss": repr(term.loss)}
            for term in self.terms
        ]

    def __repr__(self) -> str:
        lines = []
        for term in self.terms:
            name = f"{term.name}: " if term.name else ""
            lines.append(f"  {name}{term.weight:g} × {term.loss!r} on {term.on}")
        return "\n".join(["Objective(", *lines, ")"])


_LARGEST = 1e30  # of a weight; also keeps NaN out


def _value(term: Term, views: Any, data: HeteroData) -> Tensor:
    if term.on == GRAPH:
        return term.loss(views, data)
    pair = (getattr(views, f"{term.on}{view}") for view in (1, 2))
    return term.loss(*pair, linked_edges(data))
