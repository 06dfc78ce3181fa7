"""Figures: thin layers on scanpy, squidpy and matplotlib; each returns the axes."""

from scrcl_geo.pl._plots import associations, losses, spatial, umap

__all__ = ["associations", "losses", "spatial", "umap"]
