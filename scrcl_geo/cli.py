"""Command line: parses, calls pp, tl and prints. Reads no label column."""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from collections.abc import Sequence

from scrcl_geo import _validate
from scrcl_geo._version import __version__

DONE, BUG, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``scrcl-geo``; returns the exit code (0 done, 2 bad input)."""
    arguments = _parser().parse_args(argv)
    # deprecations inside our dependencies are not the user's business
    warnings.filterwarnings("ignore", category=SyntaxWarning)
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    if not getattr(arguments, "quiet", False):
        logging.basicConfig(stream=sys.stderr, format="%(message)s", level=logging.WARNING)
        logging.getLogger("scrcl_geo").setLevel(logging.INFO)
    try:
        arguments.command(arguments)
    except _validate.ScrclInputError as error:
        print(f"scrcl-geo: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("scrcl-geo: interrupted; no output was written", file=sys.stderr)
        return INTERRUPTED
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scrcl-geo",
        description="Cell types and tissue domains without labels, and the genes that make them.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="embed, cluster and rank genes")
    run.set_defaults(command=_run)
    run.add_argument("input", metavar="INPUT.h5ad")
    run.add_argument("--output", metavar="OUT.h5ad", required=True, help="written whole or not at all")
    run.add_argument("--n-clusters", type=int, metavar="K", help="estimated where not given")
    run.add_argument(
        "--spatial",
        choices=("auto", "yes", "no"),
        default="auto",
        help="use obsm['spatial']: where it is there, always, never",
    )
    run.add_argument("--layer", metavar="NAME", help="layer to read instead of X")
    run.add_argument("--batch-key", metavar="COL", help="column of obs with the sample or slide")
    run.add_argument("--seed", type=int, default=0)
    run.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    run.add_argument("--preset", choices=("default", "paper"), default="default")
    run.add_argument("--quiet", action="store_true", help="print errors only")

    info = commands.add_parser("info", help="what a file holds and what a run would use")
    info.set_defaults(command=_info)
    info.add_argument("input", metavar="FILE.h5ad")
    info.add_argument("--layer", metavar="NAME", help="layer to read instead of X")
    return parser


def _run(arguments: argparse.Namespace) -> None:
    from scrcl_geo import _io, _pipeline
    from scrcl_geo._report import summarize

    if arguments.n_clusters is not None:
        _validate.at_least("--n-clusters", arguments.n_clusters, 2)
    _io.check_writable(arguments.output)
    seconds: dict[str, float] = {}
    with _pipeline.timed("read", seconds):
        adata = _io.read_h5ad(arguments.input)
    seconds |= _pipeline.run(
        adata,
        arguments.n_clusters,
        layer=arguments.layer,
        spatial=arguments.spatial,
        batch_key=arguments.batch_key,
        preset=arguments.preset,
        seed=arguments.seed,
        device=arguments.device,
        progress=not arguments.quiet,
    )
    with _pipeline.timed("write", seconds):
        _io.write_h5ad(adata, arguments.output)
    if not arguments.quiet:
        print(summarize(adata, seconds))
        print(f"written: {arguments.output}")


def _info(arguments: argparse.Namespace) -> None:
    from scrcl_geo import _io
    from scrcl_geo._report import describe

    print(describe(_io.read_h5ad(arguments.input), layer=arguments.layer))


if __name__ == "__main__":
    sys.exit(main())
