"""Training: one readable loop and its label-free stopping rule."""

from scrcl_geo.train._checkpoint import Checkpoint
from scrcl_geo.train._distributed import Ranks
from scrcl_geo.train._fit import TrainingError, TrainingLog, fit
from scrcl_geo.train._held_out import hold_out
from scrcl_geo.train._settings import TrainingSettings
from scrcl_geo.train._stopping import HeldOut, LossPlateau

__all__ = [
    "Checkpoint",
    "HeldOut",
    "LossPlateau",
    "Ranks",
    "TrainingError",
    "TrainingLog",
    "TrainingSettings",
    "fit",
    "hold_out",
]
