"""The published method: its settings by data set, and the objective and network that they make."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrcl_geo import _keys, _validate
from scrcl_geo.graph import EdgeSpec
from scrcl_geo.losses import DistributionAlignment, NeighborhoodAlignment, Objective, Term, ViewConsistency
from scrcl_geo.nn import GCNEncoder, MLPEncoder, PaperRefinement

if TYPE_CHECKING:
    from torch import nn

PAPER = "paper"
CELLS, TISSUE = "cells", "tissue"
EDGES = (
    EdgeSpec(_keys.SIMILAR, "obsp", _keys.CONNECTIVITIES, optional=True),
    EdgeSpec(_keys.NEAR, "obsp", _keys.SPATIAL_CONNECTIVITIES, optional=True),
    EdgeSpec(_keys.COEXPRESSED, "varp", _keys.COEXPRESSION_CONNECTIVITIES),
)


@dataclass(frozen=True)
class PaperSetting:
    """One line of ``paper.toml``, filled up with its defaults; see there for the names."""

    n_top_genes: int
    n_neighbors: int
    n_hops: tuple[int, int]
    dropout: float
    learning_rate: float
    weight_decay: float
    neighborhood_weight: float
    consistency_weight: float
    temperature: float
    hidden_channels: int
    out_channels: int
    max_epochs: int
    in_tissue: bool

    @classmethod
    def of(cls, dataset: str | None = None, *, spatial: bool = False) -> PaperSetting:
        """The setting of a data set of the paper, or that of cells or tissue in general.

        Raises
        ------
        ScrclInputError
            The paper has no such set.
        """
        stored = table()
        if dataset is None:
            family, own = TISSUE if spatial else CELLS, {}
        else:
            families = {name: family for family, sets in stored["sets"].items() for name in sets}
            if dataset not in families:
                do = f"name one of {_validate.shown(list(families), len(families))}, or none"
                raise _validate.fail("the paper has no settings for this set", repr(dataset), do)
            family = families[dataset]
            own = stored["sets"][family][dataset]
        values = {**stored[CELLS], **(stored[TISSUE] if family == TISSUE else {}), **own}
        return cls(**{**values, "n_hops": tuple(values["n_hops"])}, in_tissue=family == TISSUE)

    def arguments(self, n_clusters: int) -> dict[str, Any]:
        """What the constructor of ``ScRCL`` takes for it: no clipping, no early end, no mini-batches."""
        return {
            "preset": PAPER,
            "edges": EDGES,
            "objective": self.objective(),
            "use_rep": "scaled" if self.in_tissue else "counts",
            "hidden_channels": self.hidden_channels,
            "out_channels": self.out_channels or n_clusters,
            "n_hops": self.n_hops,
            "dropout": self.dropout,
            "mask_rate": 0.0,
            "n_networks": 1,
            "max_epochs": self.max_epochs,
            "early_stopping": False,
            "learning_rate": self.learning_rate,
            "weight_decay": self.weight_decay,
            "max_grad_norm": None,
            "batch_size": "full",
        }

    def objective(self) -> Objective:
        """The three losses of the paper with their weights."""
        return Objective(
            Term(DistributionAlignment(self.temperature)),
            Term(NeighborhoodAlignment(self.temperature), weight=self.neighborhood_weight),
            Term(ViewConsistency(), on="z", weight=self.consistency_weight),
        )


@cache
def table() -> dict[str, Any]:
    """All of ``paper.toml``."""
    return tomllib.loads((Path(__file__).parent / "paper.toml").read_text(encoding="utf-8"))


def paper_arguments(
    n_clusters: int, dataset: str | None, *, spatial: bool, overrides: dict[str, Any]
) -> dict[str, Any]:
    """Arguments of ``ScRCL``; overrides name fields of the setting or arguments of ``ScRCL`` itself."""
    own = {field.name for field in fields(PaperSetting)} & overrides.keys()
    setting = replace(PaperSetting.of(dataset, spatial=spatial), **{name: overrides[name] for name in own})
    others = {name: value for name, value in overrides.items() if name not in own}
    return {**setting.arguments(n_clusters), **others}


def paper_parts(config: dict[str, Any], sizes: dict[str, Any]) -> tuple[nn.Module, ...]:
    """The two views and the refinement; a seed gives the weights that it gives the published code."""
    in_channels, width, dropout = sizes["in_channels"], sizes["width"], config["dropout"]
    # weights are drawn in this order; the first convolution's own hop is done once, by the reading
    surroundings = GCNEncoder(in_channels, width, n_hops=0, dropout=dropout)
    itself = MLPEncoder(in_channels, width)
    refinement = PaperRefinement(
        width, config["out_channels"], n_cells=sizes["n_cells"], n_genes=sizes["n_genes"], dropout=dropout
    )
    return itself, surroundings, refinement
