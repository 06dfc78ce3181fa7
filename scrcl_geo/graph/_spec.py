"""Which sparse matrix of an AnnData is which edge type."""

from __future__ import annotations

from dataclasses import dataclass

from scrcl_geo import _keys, _validate

_NODES = {
    "obsp": (_keys.CELL, _keys.CELL),
    "varp": (_keys.GENE, _keys.GENE),
    "layers": (_keys.CELL, _keys.GENE),
}


@dataclass(frozen=True)
class EdgeSpec:
    """One edge type: a sparse matrix in ``obsp`` (cell–cell), ``varp`` (gene–gene) or ``layers`` (cell–gene).

    Parameters
    ----------
    edge_type
        ``(source, relation, target)`` with node types ``cell`` or ``gene``.
    attr
        ``"obsp"``, ``"varp"`` or ``"layers"``.
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
        _validate.one_of("attr", self.attr, tuple(_NODES))
        source, target = _NODES[self.attr]
        if (self.edge_type[0], self.edge_type[2]) != (source, target):
            raise _validate.fail(
                f"{self.attr} cannot hold edge type {self.edge_type}",
                f"{self.edge_type[0]} to {self.edge_type[2]}",
                f"{self.attr} holds edges from {source} to {target}",
            )
        if self.edge_type in (_keys.LINKED, _keys.EXPRESSES, _keys.EXPRESSED_BY):
            raise _validate.fail(
                f"edge type {self.edge_type} is taken", "a relation of our own", "name it otherwise"
            )


DEFAULT_EDGES = (
    EdgeSpec(_keys.SIMILAR, "obsp", _keys.CONNECTIVITIES),
    EdgeSpec(_keys.NEAR, "obsp", _keys.SPATIAL_CONNECTIVITIES, optional=True),
    EdgeSpec(_keys.MATCHED, "obsp", _keys.MATCHED_CONNECTIVITIES, optional=True),
    EdgeSpec(_keys.COEXPRESSED, "varp", _keys.COEXPRESSION_CONNECTIVITIES),
)
