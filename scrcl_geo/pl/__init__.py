"""Figures: thin layers on scanpy, squidpy and matplotlib; each returns the axes.

:func:`report` writes one page of them all.
"""

from scrcl_geo.pl._cells import spatial, umap
from scrcl_geo.pl._comparison import comparison
from scrcl_geo.pl._confusion import confusion
from scrcl_geo.pl._domains import domain_adjacency, domain_composition
from scrcl_geo.pl._genes import dotplot, gene
from scrcl_geo.pl._names import annotation
from scrcl_geo.pl._number import stability
from scrcl_geo.pl._report import report
from scrcl_geo.pl._results import associations, losses

__all__ = [
    "annotation",
    "associations",
    "comparison",
    "confusion",
    "domain_adjacency",
    "domain_composition",
    "dotplot",
    "gene",
    "losses",
    "report",
    "spatial",
    "stability",
    "umap",
]
