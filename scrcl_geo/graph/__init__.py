"""AnnData as a PyTorch Geometric heterogeneous graph."""

from scrcl_geo.graph._batch_size import BATCH_SIZE, FULL_UP_TO, resolve_batch_size
from scrcl_geo.graph._batches import CellBatches
from scrcl_geo.graph._convert import to_hetero
from scrcl_geo.graph._spec import DEFAULT_EDGES, EdgeSpec

__all__ = [
    "BATCH_SIZE",
    "DEFAULT_EDGES",
    "FULL_UP_TO",
    "CellBatches",
    "EdgeSpec",
    "resolve_batch_size",
    "to_hetero",
]
