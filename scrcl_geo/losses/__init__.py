"""Contrastive losses in their exact linear form; one per file, all with the signature (z1, z2, edges)."""

from scrcl_geo.losses.base import Objective, Term
from scrcl_geo.losses.distribution_alignment import DistributionAlignment
from scrcl_geo.losses.neighborhood_alignment import NeighborhoodAlignment
from scrcl_geo.losses.view_consistency import ViewConsistency

__all__ = [
    "DistributionAlignment",
    "NeighborhoodAlignment",
    "Objective",
    "Term",
    "ViewConsistency",
]
