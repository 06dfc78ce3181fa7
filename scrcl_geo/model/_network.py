"""The default network and objective, from plain settings."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from torch import nn

from scrcl_geo import _validate
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
)

BIPARTITE, PAPER = "bipartite", "paper"
REFINEMENTS = (BIPARTITE, PAPER)
_MOST_HOPS = 1000


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
        "use_rep": "X",
        "hidden_channels": 1500,
        "out_channels": n_clusters,
        "n_hops": (2, 2),
        "refinement": PAPER,
        "max_epochs": 500,
        "learning_rate": 1e-3,
        "weight_decay": 1e-3,
    }


def smoothing(config: dict[str, Any], encoder: nn.Module | None, n_hops: Sequence[int]) -> tuple[int, int]:
    """Smoothing of the features that is done before training, per view.

    Dense features are smoothed once, with the first hop of the GCN; sparse ones stay sparse and are smoothed
    behind the first weights. An own encoder reads them as they are.
    """
    if config["use_rep"] == "X":
        return 0, 0
    return n_hops[0], 0 if encoder is not None else n_hops[1] + 1


def build(
    config: dict[str, Any],
    encoder: nn.Module | None,
    *,
    in_channels: int,
    n_cells: int,
    n_genes: int,
    n_hops: Sequence[int],
) -> ScRCLModule:
    """Both encoders and the refinement, untrained.

    Raises
    ------
    ScrclInputError
        An own ``encoder`` without ``out_channels``, or ``n_hops`` out of range.
    """
    for n in n_hops:
        _validate.within("n_hops", n, 0, _MOST_HOPS)
    width = config["hidden_channels"]
    if encoder is not None:
        if not hasattr(encoder, "out_channels"):
            raise _validate.fail(
                "encoder has no out_channels", type(encoder).__name__, "set its output width"
            )
        width = encoder.out_channels
    done = smoothing(config, encoder, n_hops)
    left = (n_hops[0] - done[0], n_hops[1] + 1 - done[1])
    view1 = MLPEncoder(in_channels, width, n_hops=left[0])
    # a copy: training again starts from the same weights
    view2 = copy.deepcopy(encoder) or GCNEncoder(
        in_channels, width, n_hops=left[1], dropout=config["dropout"]
    )
    sizes = (width, config["out_channels"])
    refinement: nn.Module
    if config["refinement"] == PAPER:
        refinement = PaperRefinement(*sizes, n_cells, n_genes, dropout=config["dropout"])
    else:
        refinement = BipartiteRefinement(*sizes, dropout=config["dropout"])
    return ScRCLModule(view1, view2, refinement)
