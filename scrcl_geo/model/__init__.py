"""One network from AnnData to embeddings, the only place where data, graph and training meet."""

from scrcl_geo.model._scrcl import ScRCL

__all__ = ["ScRCL"]
