"""Data to try the package on."""

from scrcl_geo.datasets._toy import toy

__all__ = ["toy"]
