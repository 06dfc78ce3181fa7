"""Command line: parses, calls pp, tl and prints. Reads no label column.

One file per command; each has ``add``, which states its arguments, and ``run``, which does it.
"""

from scrcl_geo.cli._main import console, main

__all__ = ["console", "main"]
