"""What all commands share: the parser, one line per error, exit codes."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from contextlib import nullcontext

from scrcl_geo import _validate
from scrcl_geo._files.interrupt import INTERRUPTED, TERMINATED, handle_signals
from scrcl_geo._files.lock import output_lock
from scrcl_geo._version import __version__
from scrcl_geo.cli import _cluster, _info, _map, _report, _run
from scrcl_geo.cli._cores import leave_room
from scrcl_geo.cli._ranks import RunEnded, is_first

DONE, BUG, BAD_INPUT, ENDED = 0, 1, 2, 3
COMMANDS = (_run, _cluster, _report, _map, _info)  # in the order in which --help lists them


def main(argv: Sequence[str] | None = None, *, own_process: bool = False) -> int:
    """Entry point of ``scrcl-geo``; returns the exit code.

    0 done, 1 a bug, 2 bad input, 3 a process that shared the training has ended, 130 interrupted,
    143 terminated. In a process of its own, numerical libraries take the cores that are free.
    """
    arguments = parser().parse_args(argv)
    arguments.argv = list(sys.argv[1:] if argv is None else argv)
    if own_process:
        leave_room(os.environ)
    # deprecations inside our dependencies are not the user's business
    warnings.filterwarnings("ignore", category=SyntaxWarning)
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    if is_first() and not getattr(arguments, "quiet", False):
        logging.basicConfig(stream=sys.stderr, format="%(message)s", level=logging.WARNING)
        logging.getLogger("scrcl_geo").setLevel(logging.INFO)
    try:
        writes = "output" in arguments and is_first()
        lock = output_lock(arguments.output) if writes else nullcontext()
        with handle_signals(), lock:
            arguments.command(arguments)
    except _validate.ScrclInputError as error:
        print(f"scrcl-geo: {error}", file=sys.stderr)
        return BAD_INPUT
    except RunEnded as error:
        print(f"scrcl-geo: {error}", file=sys.stderr)
        return ENDED
    except KeyboardInterrupt as interrupt:
        print("\nscrcl-geo: interrupted; no output was written", file=sys.stderr)
        return TERMINATED if interrupt.args == (signal.SIGTERM,) else INTERRUPTED
    except Exception as error:
        if os.environ.get("SCRCL_GEO_TRACEBACK"):
            raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        remedy = "set SCRCL_GEO_TRACEBACK=1 to see where, and report it"
        print(f"scrcl-geo: an error that should not be: {reason[:300]}; {remedy}", file=sys.stderr)
        return BUG
    return DONE


def console() -> None:
    """:func:`main` as a program; after an interrupt it ends at once, without tidying its memory."""
    code = main(own_process=True)
    if code in (INTERRUPTED, TERMINATED):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def parser() -> argparse.ArgumentParser:
    """Parser of all commands; imports nothing heavy, so that ``--help`` is instant."""
    commands_parser = argparse.ArgumentParser(
        prog="scrcl-geo",
        description="Cell types and tissue domains without labels, and the genes that make them.",
    )
    commands_parser.add_argument("--version", action="version", version=__version__)
    commands = commands_parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return commands_parser
