"""AnnData as a PyTorch Geometric heterogeneous graph."""

from scrcl_geo.graph._batches import CellBatches
from scrcl_geo.graph._convert import to_hetero
from scrcl_geo.graph._links import linked
from scrcl_geo.graph._masking import MaskCells
from scrcl_geo.graph._spec import DEFAULT_EDGES, EdgeSpec

__all__ = ["DEFAULT_EDGES", "CellBatches", "EdgeSpec", "MaskCells", "linked", "to_hetero"]
