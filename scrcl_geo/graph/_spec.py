"""Which sparse matrix of an AnnData is which edge type."""

from __future__ import annotations

from dataclasses import dataclass

from scrcl_geo import _keys, _validate


@dataclass(frozen=True)
class EdgeSpec:
    """One edge type: a sparse matrix in ``obsp`` (cell–cell) or ``varp`` (gene–gene).

    Parameters
    ----------
    edge_type
        ``(source, relation, target)`` with node types ``cell`` or ``gene``.
    attr
        ``"obsp"`` or ``"varp"``.
    key
        Key in that slot.
    optional
        Left out silently where the matrix is missing.

    Examples
    --------
    >>> EdgeSpec(("cell", "two_hop", "cell"), attr="obsp", key="two_hop").optional
    False
    """

    edge_type: tuple[str, str, str]
    attr: str
    key: str
    optional: bool = False

    def __post_init__(self) -> None:
        _validate.one_of("attr", self.attr, ("obsp", "varp"))
        node = _keys.CELL if self.attr == "obsp" else _keys.GENE
        if (self.edge_type[0], self.edge_type[2]) != (node, node):
            raise _validate.fail(
                f"{self.attr} cannot hold edge type {self.edge_type}",
                f"{self.edge_type[0]} to {self.edge_type[2]}",
                f"{self.attr} holds edges from {node} to {node}",
            )


DEFAULT_EDGES = (
    EdgeSpec(_keys.SIMILAR, "obsp", _keys.CONNECTIVITIES),
    EdgeSpec(_keys.NEAR, "obsp", _keys.SPATIAL_CONNECTIVITIES, optional=True),
    EdgeSpec(_keys.MATCHED, "obsp", _keys.MATCHED_CONNECTIVITIES, optional=True),
    EdgeSpec(_keys.COEXPRESSED, "varp", _keys.COEXPRESSION_CONNECTIVITIES),
)
