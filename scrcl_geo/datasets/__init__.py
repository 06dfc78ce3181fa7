"""Data to try the package on: a generator, and published sets by name."""

from scrcl_geo.datasets._load import load
from scrcl_geo.datasets._registry import available
from scrcl_geo.datasets._toy import toy

__all__ = ["available", "load", "toy"]
