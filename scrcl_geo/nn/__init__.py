"""Encoders, smoothing and cell–gene refinement as torch modules; any PyG model fits as an encoder."""

from scrcl_geo.nn.encoders import GCNEncoder, MLPEncoder
from scrcl_geo.nn.refinement import BipartiteRefinement, PaperRefinement
from scrcl_geo.nn.scrcl_module import ScRCLModule, Views
from scrcl_geo.nn.smoothing import SmoothedLinear, propagate, smooth

__all__ = [
    "BipartiteRefinement",
    "GCNEncoder",
    "MLPEncoder",
    "PaperRefinement",
    "ScRCLModule",
    "SmoothedLinear",
    "Views",
    "propagate",
    "smooth",
]
