"""``scrcl-geo info``: what a file holds and what a run would use."""

from __future__ import annotations

import argparse
from typing import Any


def add(commands: Any) -> None:
    """State the arguments."""
    command = commands.add_parser("info", help="what a file holds and what a run would use")
    command.set_defaults(command=run)
    command.add_argument("input", metavar="FILE", help="any format that run takes")
    command.add_argument("--layer", metavar="NAME", help="layer to read instead of X")
    command.add_argument("--table", metavar="NAME", help="table of a SpatialData object")
    command.add_argument("--units", choices=("pixels", "microns"), help="of coordinates that do not tell")


def run(arguments: argparse.Namespace) -> None:
    """Do it."""
    from scrcl_geo._files.probe import check
    from scrcl_geo._files.readers import read
    from scrcl_geo._pipeline.summary import describe

    check(arguments.input, read)
    cells = read(arguments.input, table=arguments.table, units=arguments.units)
    print(describe(cells, layer=arguments.layer))
