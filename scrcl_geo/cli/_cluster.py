"""``scrcl-geo cluster``: other clusters of the same embedding, without training."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scrcl_geo import _validate

if TYPE_CHECKING:
    from anndata import AnnData


def add(commands: Any) -> None:
    """State the arguments."""
    command = commands.add_parser(
        "cluster",
        help="other clusters of an output, without training",
        description="Clusters the embedding in OUT again and ranks genes anew. Several numbers give "
        "obs['scrcl_5'], … and a tree of how clusters split; obs['scrcl'] holds the first. The file is "
        "updated in place, whole or not at all.",
    )
    command.set_defaults(command=run)
    command.add_argument("output", metavar="OUT", help="what run wrote")
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--n-clusters", metavar="K[,K…]", type=_list_of(int), help="such as 5,7,9")
    what.add_argument("--estimate", action="store_true", help="estimate the number")
    what.add_argument("--resolution", metavar="R[,R…]", type=_list_of(float), help="of Leiden, such as 0.5,1")
    command.add_argument("--seed", type=int, default=0, help="of all that is drawn at random (default 0)")
    command.add_argument("--quiet", action="store_true", help="print errors only")


def run(arguments: argparse.Namespace) -> None:
    """Do it."""
    from scrcl_geo import _keys, tl
    from scrcl_geo._files.output import open_output, write_output
    from scrcl_geo._pipeline.summary import clusters
    from scrcl_geo._schema.result import stored

    for number in arguments.n_clusters or ():
        _validate.at_least("--n-clusters", number, 2)
    adata = open_output(arguments.output)
    results = stored(adata, "uns", _keys.RESULTS, do="name a file that scrcl-geo run wrote")
    paper = results.get("params", {}).get("preset") == "paper"  # clustered as run does
    rep, method = _keys.EMBEDDING, "spherical_kmeans" if paper else "auto"
    numbers, seed = arguments.n_clusters, arguments.seed
    if arguments.estimate:
        numbers = [tl.estimate_clusters(adata, use_rep=rep, seed=seed)]
        if numbers == [1]:
            raise _validate.fail(
                "no structure was found",
                "genes that vary no more together than by chance",
                "pass --n-clusters to cluster them all the same",
            )
    tl.partitions(adata, numbers, resolutions=arguments.resolution, use_rep=rep, method=method, seed=seed)
    tl.associations(adata)
    write_output(adata, arguments.output, source=arguments.output)
    if not arguments.quiet:
        print(_partitions(adata))
        print()
        print(clusters(adata, 5))
        print(f"updated: {arguments.output}")


def _partitions(adata: AnnData) -> str:
    """One line per partition: clusters and the stability of each."""
    from scrcl_geo import _keys
    from scrcl_geo._pipeline.summary import table

    partitions = adata.uns[_keys.PARTITIONS]
    rows = [("partition", "clusters  stability of each, from 0 to 1")]
    for key in partitions["keys"]:
        values = partitions["stability"].query("key == @key")["stability"]
        each = " ".join(f"{value:.2f}" for value in values)
        rows.append((f"obs[{key!r}]", f"{len(values):>8}  {each}"))
    return table(rows)


def _list_of(kind: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    """Parser of numbers with commas between them."""

    def numbers(value: str) -> list[Any]:
        return [kind(part) for part in value.split(",")]

    numbers.__name__ = f"list of {kind.__name__}"  # what argparse calls it in its message
    return numbers
