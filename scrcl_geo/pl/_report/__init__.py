"""A page in one file that shows a result to a person."""

from scrcl_geo.pl._report._page import report

__all__ = ["report"]
