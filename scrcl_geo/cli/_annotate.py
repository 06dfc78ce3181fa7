"""``scrcl-geo annotate``: names for the clusters of an output."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from scrcl_geo import _keys

if TYPE_CHECKING:
    import pandas as pd


def add(commands: Any) -> None:
    """State the arguments."""
    command = commands.add_parser(
        "annotate",
        help="name the clusters of an output, by marker genes or by hand",
        description="Writes obs['scrcl_name'] and uns['scrcl_annotation']. The file is updated in place, "
        "whole or not at all.",
    )
    command.set_defaults(command=run)
    command.add_argument("output", metavar="OUT", help="what run wrote")
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--markers", metavar="FILE", help=".gmt, or a table with columns name and gene")
    what.add_argument("--names", metavar="FILE", help="a table with columns cluster and name")
    command.add_argument("--groupby", metavar="COL", default=_keys.CLUSTERS, help="column of clusters")
    command.add_argument(
        "--max-pvalue",
        type=float,
        default=0.2,
        metavar="P",
        help="1 names all that a name fits (default 0.2)",
    )
    command.add_argument("--seed", type=int, default=0, help="of all that is drawn at random (default 0)")
    command.add_argument("--quiet", action="store_true", help="print errors only")


def run(arguments: argparse.Namespace) -> None:
    """Do it."""
    from scrcl_geo import _validate, tl
    from scrcl_geo._files.names import read_markers, read_names
    from scrcl_geo._files.output import open_output, write_output
    from scrcl_geo._pipeline.summary import table

    _validate.within("--max-pvalue", arguments.max_pvalue, 0, 1)
    markers = read_markers(arguments.markers) if arguments.markers else None
    names = read_names(arguments.names) if arguments.names else {}
    adata = open_output(arguments.output)
    if markers is not None:
        found = tl.annotate(
            adata,
            markers,
            groupby=arguments.groupby,
            max_pvalue=arguments.max_pvalue,
            seed=arguments.seed,
        )
    else:
        found = tl.rename(adata, names, groupby=arguments.groupby)
    write_output(adata, arguments.output, source=arguments.output)
    if not arguments.quiet:
        print(table([("cluster", "name"), *((row["group"], _shown(row)) for _, row in found.iterrows())]))
        print(f"updated: {arguments.output}")


def _shown(row: pd.Series) -> str:
    """A cluster's name and what it rests on."""
    if row["source"] != "markers":
        return f"{row['name']}  ({row['source']})" if row["source"] else str(row["name"])
    second = f", then {row['runner_up']} {row['runner_up_score']:.1f}" if row["runner_up"] else ""
    best = f"{row['best']} {row['score']:.1f}, p = {row['pvalue']:.3f}{second}"
    telling = ", ".join(row["markers"].split(", ")[:4])
    return f"{row['name']}  ({best}; {telling})"
