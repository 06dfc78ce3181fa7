"""Figures: thin layers on scanpy, squidpy and matplotlib; each returns the axes."""

from scrcl_geo.pl._cells import spatial, umap
from scrcl_geo.pl._number import stability
from scrcl_geo.pl._results import associations, losses

__all__ = ["associations", "losses", "spatial", "stability", "umap"]
