"""``scrcl-geo report``: a result as one web page."""

from __future__ import annotations

import argparse
import os
from typing import Any

from scrcl_geo import _keys


def add(commands: Any) -> None:
    """State the arguments."""
    command = commands.add_parser("report", help="show a result as one web page that needs no network")
    command.set_defaults(command=run)
    command.add_argument("input", metavar="OUT", help="as run wrote it; only read")
    command.add_argument("--html", metavar="PAGE.html", required=True, help="written whole or not at all")
    command.add_argument("--title", metavar="TEXT", help="heading of the page; the file's name by default")
    command.add_argument("--groupby", metavar="COL", default=_keys.CLUSTERS, help="column of clusters")
    command.add_argument("--batch-key", metavar="COL", help="column of samples; that of run by default")
    command.add_argument("--n-genes", type=int, default=5, metavar="N", help="genes per cluster (5)")
    command.add_argument("--quiet", action="store_true", help="print errors only")


def run(arguments: argparse.Namespace) -> None:
    """Do it."""
    from pathlib import Path

    from scrcl_geo import _validate, pl
    from scrcl_geo._files.atomic import check_writable
    from scrcl_geo._files.probe import check
    from scrcl_geo._files.readers import read

    _validate.at_least("--n-genes", arguments.n_genes, 1)
    check_writable(arguments.html)
    source = Path(arguments.input)
    if os.path.realpath(source) == os.path.realpath(arguments.html):
        raise _validate.fail("--html names the input itself", arguments.html, "choose another output path")
    check(source, read)
    page = pl.report(
        read(source),
        arguments.html,
        title=arguments.title or source.name,
        groupby=arguments.groupby,
        batch_key=arguments.batch_key,
        n_genes=arguments.n_genes,
        output=source.name,
    )
    if not arguments.quiet:
        print(f"written: {page} ({page.stat().st_size / 1e6:.1f} MB); open it in a browser")
