"""Losses, one per file: the contrastive ones in their exact linear form, and the masked likelihood."""

from scrcl_geo.losses.base import Objective, Term
from scrcl_geo.losses.distribution_alignment import DistributionAlignment
from scrcl_geo.losses.expression_likelihood import ExpressionLikelihood
from scrcl_geo.losses.neighborhood_alignment import NeighborhoodAlignment
from scrcl_geo.losses.view_consistency import ViewConsistency

__all__ = [
    "DistributionAlignment",
    "ExpressionLikelihood",
    "NeighborhoodAlignment",
    "Objective",
    "Term",
    "ViewConsistency",
]
