"""``scrcl-geo compare``: clusters of an output between two conditions with replicates."""

from __future__ import annotations

import argparse
import os
from typing import Any

from scrcl_geo import _keys


def add(commands: Any) -> None:
    """State the arguments."""
    command = commands.add_parser(
        "compare",
        help="compare the shares of clusters between two conditions with replicates",
        description="One share per sample and cluster; the samples' conditions are exchanged in all ways. "
        "Cells are never counted as replicates. Writes uns['scrcl_comparison'] and uns['scrcl_shares']. The "
        "file is updated in place, whole or not at all.",
    )
    command.set_defaults(command=run)
    command.add_argument("output", metavar="OUT", help="what run wrote")
    command.add_argument("--condition", metavar="COL", required=True, help="column of obs, two conditions")
    command.add_argument("--sample", metavar="COL", required=True, help="column of obs, the replicates")
    command.add_argument(
        "--groupby", metavar="COL", default=_keys.CLUSTERS, help="column of clusters or names"
    )
    command.add_argument(
        "--reference", metavar="NAME", help="condition to compare with; the first by default"
    )
    command.add_argument("--csv", metavar="FILE", help="also write the table, whole or not at all")
    command.add_argument("--seed", type=int, default=0, help="of all that is drawn at random (default 0)")
    command.add_argument("--quiet", action="store_true", help="print errors only")


def run(arguments: argparse.Namespace) -> None:
    """Do it."""

    from scrcl_geo import _validate, tl
    from scrcl_geo._files.atomic import check_writable, write_text
    from scrcl_geo._files.output import open_output, write_output

    if arguments.csv:
        check_writable(arguments.csv)
        if os.path.realpath(arguments.csv) == os.path.realpath(arguments.output):
            raise _validate.fail("--csv names the output itself", arguments.csv, "choose another path")
    adata = open_output(arguments.output)
    found = tl.compare(
        adata,
        arguments.condition,
        arguments.sample,
        groupby=arguments.groupby,
        reference=arguments.reference,
        seed=arguments.seed,
    )
    write_output(adata, arguments.output, source=arguments.output)
    if arguments.csv:
        write_text(found.to_csv(index=False), arguments.csv)
    if arguments.quiet:
        return
    condition, reference = found["condition"].iloc[0], found["reference"].iloc[0]
    n = adata.uns[_keys.SHARES].groupby("condition")["sample"].nunique()
    print(f"{condition} ({n[condition]} samples) against {reference} ({n[reference]} samples)")
    print(
        found[["group", "share_reference", "share", "log2_ratio", "log2_change", "pvals_adj"]].to_string(
            index=False, float_format="{:.3f}".format
        )
    )
    called = found.loc[found["pvals_adj"] < 0.05, "group"]
    print(f"differ at .05: {_validate.shown(called)}")
    print(f"updated: {arguments.output}")
