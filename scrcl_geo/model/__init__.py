"""One network from AnnData to embeddings, the only place where data, graph and training meet."""

from scrcl_geo.model._scrcl import ScRCL
from scrcl_geo.model._sharing import take_part

__all__ = ["ScRCL", "take_part"]
