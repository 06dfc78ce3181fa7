"""Where the views of tissue start: at a projection of the features, not at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from scrcl_geo import _validate

if TYPE_CHECKING:
    from scrcl_geo.nn.encoders import CellEncoder
    from scrcl_geo.nn.neighborhood import NeighborhoodEncoder
    from scrcl_geo.nn.refinement import BipartiteRefinement


def start_linear(cell: CellEncoder, around: NeighborhoodEncoder, refinement: BipartiteRefinement) -> None:
    r"""Begin as one orthogonal projection Q of the features, of a cell and of the cells around it.

    .. math::
        z_{1i} \propto Q x_i, \qquad z_{2i} \propto \sum_r \alpha_r \frac{1}{k_r} \sum_k (P_r^k \, x Q^T)_i

    Both views lie in one space from the first step on, likeness of cells is kept as far as K columns keep
    it, and what the MLPs add grows from zero as far as training asks for it. Torch's generator draws Q.

    Not of the paper. Source of branches that start at zero: Zhang et al., ICLR 2019 (Fixup).

    Raises
    ------
    ScrclInputError
        An encoder has no linear map.
    """
    if cell.linear is None or around.linear is None:
        raise _validate.fail("no linear map to start at", "an encoder without", "build both with linear=True")
    to_view = refinement.itself.weight
    with torch.no_grad():
        nn.init.orthogonal_(to_view)  # (K, D)
        nn.init.orthogonal_(around.state.weight)  # (S, F)
        nn.init.zeros_(around.state.bias)
        turn = nn.init.orthogonal_(to_view.new_empty(len(to_view), len(around.state.weight)))
        back = to_view.T @ turn  # (D, S)
        cell.linear.weight.copy_(back @ around.state.weight)
        for name, hops in around.reaches.items():
            around.linear[name].weight.copy_(back.repeat(1, len(hops)) / len(hops))  # type: ignore[operator]
        for parameter in (*cell.out.parameters(), *around.out[-1:].parameters()):
            nn.init.zeros_(parameter)
