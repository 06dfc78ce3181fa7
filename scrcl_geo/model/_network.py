"""The networks and objectives of the presets: our default, and the paper's."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from scrcl_geo import _keys, _validate
from scrcl_geo.losses import ExpressionLikelihood, Objective, Term
from scrcl_geo.model._gene_start import gene_start
from scrcl_geo.model._paper import PAPER, PaperSetting, paper_parts
from scrcl_geo.model._reading import MOST_HOPS
from scrcl_geo.nn import BipartiteRefinement, CellEncoder, NeighborhoodEncoder, ScRCLModule, encode

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

DEFAULT = "default"
PRESETS = (DEFAULT, PAPER)
_FAR = (1, 2, 4, 8, 16)  # hops in tissue, where a domain is some cells thick or many
_CLOSE = (1, 2)  # hops over relations that lead to cells that are alike


def check_config(config: dict[str, Any]) -> None:
    """Settings of a model within their range.

    Raises
    ------
    ScrclInputError
        One is not.
    """
    for name in ("hidden_channels", "out_channels", "n_networks", "max_epochs"):
        _validate.at_least(name, config[name], 1)
    for n in config["n_hops"]:
        _validate.within("n_hops", n, 0, MOST_HOPS)
    _validate.within("mask_rate", config["mask_rate"], 0, 0.99)
    _validate.one_of("preset", config["preset"], PRESETS)


def objective_of(preset: str) -> Objective:
    """What a preset minimises: what hidden cells express, or the paper's three terms."""
    if preset == DEFAULT:
        return Objective(Term(ExpressionLikelihood(), on="graph"))
    return PaperSetting.of().objective()


@dataclass(frozen=True)
class NetworkParts:
    """Modules of a network; None takes the preset's."""

    cell_encoder: nn.Module | None = None
    encoder: nn.Module | None = None
    refinement: nn.Module | None = None

    @property
    def own(self) -> list[str]:
        """Names of the parts that are not the preset's."""
        return [name for name in ("cell_encoder", "encoder", "refinement") if getattr(self, name) is not None]

    def n_hops(self, config: dict[str, Any]) -> tuple[int, int]:
        """Smoothing before each view; the hop of the paper's first convolution joins it."""
        first, second = config["n_hops"]
        return first, second + (config["preset"] == PAPER and self.encoder is None)

    def genes(self, data: HeteroData, config: dict[str, Any], *, seed: int) -> Tensor | None:
        """Where the default's embeddings of the genes start; None for other refinements."""
        if config["preset"] == PAPER or self.refinement is not None:
            return None
        return gene_start(data, config["out_channels"], seed=seed)

    def build(
        self,
        config: dict[str, Any],
        sizes: dict[str, Any],
        data: HeteroData | None = None,
        genes: Tensor | None = None,
    ) -> ScRCLModule:
        """The network, untrained; parts are copied, so that training again starts from the same weights.

        Parameters
        ----------
        config
            Preset, widths and dropout.
        sizes
            ``in_channels`` F, ``n_cells`` N, ``n_genes`` G, ``relations`` of cells, and ``width`` D, unless
            ``data`` tells it.
        data
            A graph that own parts are shown once, so that lazy ones take their sizes.
        genes
            Where the default's embeddings of the genes start; see :func:`gene_start`.

        Raises
        ------
        ScrclInputError
            The parts do not fit each other or the graph.
        """
        encoder = copy.deepcopy(self.encoder)
        if encoder is not None and data is not None:
            sizes["width"] = _width(encoder, data)
        sizes.setdefault("width", config["hidden_channels"])
        default = paper_parts if config["preset"] == PAPER else _default_parts
        first, second, third = default(config, sizes)
        module = ScRCLModule(
            copy.deepcopy(self.cell_encoder) or first,
            encoder or second,
            copy.deepcopy(self.refinement) or third,
        )
        if genes is not None:
            module.refinement.start_from(genes)  # type: ignore[operator]
        if data is not None and self.own:
            with torch.no_grad():
                module.eval()(data)  # lazy parts take their sizes, and what does not fit is told
        return module


def _default_parts(config: dict[str, Any], sizes: dict[str, Any]) -> tuple[nn.Module, ...]:
    in_channels, width, dropout = sizes["in_channels"], sizes["width"], config["dropout"]
    reaches = {name: _FAR if name == _keys.NEAR[1] else _CLOSE for name in sizes["relations"]}
    return (
        CellEncoder(in_channels, width, dropout=dropout),
        NeighborhoodEncoder(in_channels, width, reaches=reaches, dropout=dropout),
        BipartiteRefinement(
            width,
            config["out_channels"],
            n_genes=sizes["n_genes"],
            mean=True,
            unit=_keys.NEAR[1] in sizes["relations"],
            dropout=dropout,
        ),
    )


def _width(encoder: nn.Module, data: HeteroData) -> int:
    """Columns that an encoder gives."""
    cells = data[_keys.CELL]
    with torch.no_grad():
        return int(encode(encoder.eval(), cells.get("x2", cells.x), data).shape[1])
