"""The network: two views of the cells, refined through the genes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from scrcl_geo import _keys, _validate
from scrcl_geo._messages import at_hand
from scrcl_geo.nn.encode import encode, expression_to_refine

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData


class Views(NamedTuple):
    """Two encodings of the same cells.

    Shapes: view embeddings ``u1``, ``u2`` (N, D) with rows of unit length and refined embeddings ``z1``,
    ``z2`` (N, K), with such rows where the refinement makes them; ``genes`` (G, K), averaged over the views.
    """

    u1: Tensor
    u2: Tensor
    z1: Tensor
    z2: Tensor
    genes: Tensor

    def side_by_side(self, on: str) -> Tensor:
        """Both views in one matrix: (N, 2 D) on ``"u"``, (N, 2 K) on ``"z"``."""
        _validate.one_of("on", on, ("u", "z"))
        return torch.cat((self.u1, self.u2) if on == "u" else (self.z1, self.z2), dim=1)

    @property
    def joint(self) -> Tensor:
        """What both refined views say together: their mean, (N, K)."""
        return (self.z1 + self.z2) / 2


class ScRCLModule(nn.Module):
    """Two encoders and one shared refinement on a heterogeneous graph.

    Source: scRCL (arXiv 2512.10640), architecture.

    The cells' features are ``x``, or ``x1`` and ``x2`` where the views read different ones.

    Parameters
    ----------
    encoder1, encoder2
        Modules of PyG's signatures; see :func:`scrcl_geo.nn.encode`.
    refinement
        Module with ``forward(h: (N, D), data) -> ((N, K), (G, K))``, shared by the views; in its graph
        hidden cells express nothing; where it has ``reads_weights = True``, that may be by weights of zero.
        Its class may also have ``pair(h1, h2, data) -> ((N, K), (N, K), (G, K))``, both views at once; one
        that writes ``forward`` anew does not inherit it.
    """

    def __init__(self, encoder1: nn.Module, encoder2: nn.Module, refinement: nn.Module) -> None:
        super().__init__()
        self.encoder1 = encoder1
        self.encoder2 = encoder2
        self.refinement = refinement

    def encoded(self, data: HeteroData) -> tuple[Tensor, Tensor]:
        """The cells as both encoders see them, (N, D) each.

        Raises
        ------
        ScrclInputError
            They are of different widths.
        """
        cells = data[_keys.CELL]
        # a cell is not hidden from itself: the losses ask its own view nothing that it could read off
        h1 = encode(self.encoder1, cells.get("x1", cells.x), data, hide=False)
        h2 = encode(self.encoder2, cells.get("x2", cells.x), data)
        if h1.shape != h2.shape:
            raise _validate.fail(
                "the two views differ in width",
                f"{h1.shape[1]} and {h2.shape[1]} columns",
                "give both encoders one width; several heads side by side are as wide as all together",
            )
        return h1, h2

    def forward(self, data: HeteroData) -> Views:
        """Both views of one batch."""
        h1, h2 = self.encoded(data)
        by_weight = not at_hand(h1) and getattr(self.refinement, "reads_weights", False)
        data = expression_to_refine(data, by_weight=by_weight)
        if _refines_pairs(self.refinement):
            z1, z2, genes = self.refinement.pair(h1, h2, data)  # type: ignore[operator]
        else:
            (z1, genes1), (z2, genes2) = self.refinement(h1, data), self.refinement(h2, data)
            genes = (genes1 + genes2) / 2
        u1 = normalize(h1, dim=1)
        del h1
        return Views(u1, normalize(h2, dim=1), z1, z2, genes)


def _refines_pairs(refinement: nn.Module) -> bool:
    """Whether the class that wrote ``forward`` has ``pair`` too, not one above it alone."""
    own = (vars(cls) for cls in type(refinement).__mro__)
    return "pair" in next((names for names in own if "pair" in names or "forward" in names), {})
