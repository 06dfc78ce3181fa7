"""Training: one readable loop and its label-free stopping rule."""

from scrcl_geo.train._fit import TrainingLog, fit
from scrcl_geo.train._stopping import LossPlateau

__all__ = ["LossPlateau", "TrainingLog", "fit"]
