"""The default network and objective, and the paper's setting."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from scrcl_geo import _keys
from scrcl_geo.losses import (
    DistributionAlignment,
    NeighborhoodAlignment,
    Objective,
    Term,
    ViewConsistency,
)
from scrcl_geo.nn import (
    BipartiteRefinement,
    GCNEncoder,
    MLPEncoder,
    PaperRefinement,
    ScRCLModule,
    encode,
)

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData


def default_objective() -> Objective:
    """The paper's three terms, with view consistency counted per cell."""
    return Objective(
        Term(DistributionAlignment(0.1), on="u"),
        Term(NeighborhoodAlignment(0.1), on="u"),
        Term(ViewConsistency(per_cell=True), on="z", weight=0.02),
    )


def paper_setting(n_clusters: int) -> dict[str, Any]:
    """The paper's choices: expression as input, D = 1500, K = ``n_clusters``, 500 epochs, its own refinement.

    Hyper-parameters that the paper tunes per data set stand at one value here.
    """
    return {
        "objective": Objective(
            Term(DistributionAlignment(), on="u"),
            Term(NeighborhoodAlignment(), on="u"),
            Term(ViewConsistency(), on="z"),
        ),
        "refinement": PaperRefinement(n_clusters, dropout=0.2),
        "use_rep": "X",
        "hidden_channels": 1500,
        "out_channels": n_clusters,
        "n_hops": (2, 2),
        "max_epochs": 500,
        "learning_rate": 1e-3,
        "weight_decay": 1e-3,
    }


@dataclass(frozen=True)
class NetworkParts:
    """Modules of a network; None takes the default."""

    cell_encoder: nn.Module | None = None
    encoder: nn.Module | None = None
    refinement: nn.Module | None = None

    @property
    def own(self) -> list[str]:
        """Names of the parts that are not the default."""
        return [name for name in ("cell_encoder", "encoder", "refinement") if getattr(self, name) is not None]

    def build(
        self, config: dict[str, Any], sizes: dict[str, int], data: HeteroData | None = None
    ) -> ScRCLModule:
        """The network, untrained; parts are copied, so that training again starts from the same weights.

        Parameters
        ----------
        config
            Widths and dropout.
        sizes
            ``in_channels`` F, ``hops1`` and ``hops2`` the smoothing that is left to the default encoders, and
            ``width`` D, unless ``data`` tells it.
        data
            A graph that parts of a lazy size are shown once.

        Raises
        ------
        ScrclInputError
            The parts do not fit each other or the graph.
        """
        width, dropout = sizes.get("width", config["hidden_channels"]), config["dropout"]
        encoder = copy.deepcopy(self.encoder)
        if encoder is not None and data is not None:
            width = _width(encoder, data)
        sizes["width"] = width
        cell_encoder = copy.deepcopy(self.cell_encoder) or MLPEncoder(
            sizes["in_channels"], width, n_hops=sizes["hops1"]
        )
        encoder = encoder or GCNEncoder(
            sizes["in_channels"], width, n_hops=sizes["hops2"] + 1, dropout=dropout
        )
        refinement = copy.deepcopy(self.refinement) or BipartiteRefinement(
            width, config["out_channels"], dropout=dropout
        )
        module = ScRCLModule(cell_encoder, encoder, refinement)
        if data is not None and self.own:
            with torch.no_grad():
                module.eval()(data)  # parts of a lazy size take theirs, and what does not fit is told
        return module


def _width(encoder: nn.Module, data: HeteroData) -> int:
    """Columns that an encoder gives."""
    cells = data[_keys.CELL]
    with torch.no_grad():
        return int(encode(encoder.eval(), cells.get("x2", cells.x), data).shape[1])
