"""Encoders, smoothing and cell–gene refinement as torch modules; any PyG model fits as an encoder."""

from scrcl_geo.nn.encode import encode
from scrcl_geo.nn.encoders import CellEncoder, GCNEncoder, MLPEncoder
from scrcl_geo.nn.ensemble import Ensemble
from scrcl_geo.nn.neighborhood import MeanConv, NeighborhoodEncoder
from scrcl_geo.nn.paper_refinement import PaperRefinement
from scrcl_geo.nn.propagation import Propagation, SmoothedLinear, smooth
from scrcl_geo.nn.refinement import BipartiteRefinement, ExpressionConv
from scrcl_geo.nn.scrcl_module import ScRCLModule, Views

__all__ = [
    "BipartiteRefinement",
    "CellEncoder",
    "Ensemble",
    "ExpressionConv",
    "GCNEncoder",
    "MLPEncoder",
    "MeanConv",
    "NeighborhoodEncoder",
    "PaperRefinement",
    "Propagation",
    "ScRCLModule",
    "SmoothedLinear",
    "Views",
    "encode",
    "smooth",
]
