"""What a run reads: one file, or many that become the samples of one."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrcl_geo import _keys, _validate

if TYPE_CHECKING:
    from anndata import AnnData


def add(command: Any) -> None:
    """State the arguments."""
    command.add_argument(
        "input", metavar="INPUT", nargs="?", help=".h5ad, .zarr, SpatialData, 10x, Xenium, .csv"
    )
    command.add_argument(
        "--input-list",
        metavar="LIST",
        help="instead of INPUT, many files, each a sample: a text file with a path a line, or a folder",
    )


def check(arguments: argparse.Namespace) -> None:
    """One of the two is there; cells of a list belong to the sample that is their file, unless told."""
    if (arguments.input is None) == (arguments.input_list is None):
        found = "neither" if arguments.input is None else f"{arguments.input} and {arguments.input_list}"
        raise _validate.fail("a run takes INPUT or --input-list", found, "name one of the two")
    if arguments.input_list is not None and arguments.batch_key is None:
        arguments.batch_key = _keys.FILE


def recorded(arguments: argparse.Namespace) -> dict[str, str]:
    """What the output tells of it."""
    if arguments.input is None:
        return {"input_list": Path(arguments.input_list).name}
    return {"input": Path(arguments.input).name}


@contextmanager
def cells(arguments: argparse.Namespace) -> Iterator[tuple[AnnData, Path]]:
    """The cells, and the file that they lie in for the time of the block."""
    from scrcl_geo._files.probe import check as check_file
    from scrcl_geo._files.readers import read

    def checked(path: Path, **how: str | None) -> AnnData:
        check_file(path, read)
        return read(path, **how)

    one = partial(checked, table=arguments.table, units=arguments.units)
    if arguments.input is not None:
        yield one(Path(arguments.input)), Path(arguments.input)
        return
    from scrcl_geo._files.joined import joined
    from scrcl_geo._files.listed import listed

    files = listed(arguments.input_list)
    with joined(files, Path(arguments.output), one, layer=arguments.layer, values=arguments.values) as store:
        yield read(store), store
