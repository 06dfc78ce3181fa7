"""What all commands share: the parser, one line per error, exit codes."""

from __future__ import annotations

import argparse
import io
import logging
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import NoReturn

from scrcl_geo import _validate
from scrcl_geo._files.interrupt import INTERRUPTED, TERMINATED, handle_signals
from scrcl_geo._files.lock import output_lock
from scrcl_geo._version import __version__
from scrcl_geo.cli import _annotate, _cluster, _compare, _info, _map, _report, _run
from scrcl_geo.cli._cores import leave_room
from scrcl_geo.cli._ranks import RunEnded, is_first

DONE, BUG, BAD_INPUT, ENDED = 0, 1, 2, 3
_ERROR = 2  # number of the stream
COMMANDS = (
    _run,
    _cluster,
    _annotate,
    _compare,
    _report,
    _map,
    _info,
)  # in the order in which --help lists them


def main(argv: Sequence[str] | None = None, *, own_process: bool = False) -> int:
    """Entry point of ``scrcl-geo``; returns the exit code.

    0 done, 1 a bug, 2 bad input, 3 a process that shared the training has ended, 130 interrupted,
    143 terminated. In a process of its own, numerical libraries take the cores that are free.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names of any letters in a terminal of few
            with suppress(OSError):
                stream.reconfigure(errors="backslashreplace")
    arguments = parser().parse_args(argv)
    arguments.argv = list(sys.argv[1:] if argv is None else argv)
    if own_process:
        leave_room(os.environ)
    # deprecations inside our dependencies are not the user's business
    warnings.filterwarnings("ignore", category=SyntaxWarning)
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    if getattr(arguments, "quiet", False):
        warnings.simplefilter("ignore")
    else:
        logging.basicConfig(stream=sys.stderr, format="%(message)s", level=logging.WARNING)
        logging.getLogger("scrcl_geo").setLevel(logging.INFO)
    try:
        if "seed" in arguments:
            _validate.within("seed", arguments.seed, 0, _validate.LARGEST_SEED)
        writes = "output" in arguments and is_first()
        lock = output_lock(arguments.output) if writes else nullcontext()
        with handle_signals(), lock:
            arguments.command(arguments)
    except _validate.ScrclInputError as error:
        return _told(str(error))
    except RunEnded as error:
        _told(str(error))
        return ENDED
    except OSError as error:  # the outside world: a path that went, a disk or a pipe that is full
        reason = f"{error.strerror or error}{f', {error.filename}' if error.filename else ''}"
        return _told(f"cannot go on: found {reason}; mend that and run again")
    except MemoryError:
        return _told("cannot go on: found too little memory; take fewer cells or a larger machine")
    except KeyboardInterrupt as interrupt:
        print("\nscrcl-geo: interrupted; no output was written", file=sys.stderr)
        return TERMINATED if interrupt.args == (signal.SIGTERM,) else INTERRUPTED
    except Exception as error:
        if os.environ.get("SCRCL_GEO_TRACEBACK"):
            raise
        reason = f"{type(error).__name__}: {error}"[:300]
        _told(f"an error that should not be: {reason}; set SCRCL_GEO_TRACEBACK=1 to see where, and report it")
        return BUG
    return DONE


def console() -> None:
    """:func:`main` as a program; after an interrupt it ends at once, without tidying its memory."""
    _open_error_stream()
    try:
        code = main(own_process=True)
    except SystemExit as end:  # of the parser
        code = int(end.code or DONE)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:  # full, or nobody reads it; Python would try once more and complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = code or _told(f"cannot write to standard output: found {error.strerror}; mend that")
    if code in (INTERRUPTED, TERMINATED):
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _open_error_stream() -> None:
    """Where the error stream is closed, what is said goes nowhere, neither into a file that is opened later
    and would get its number, nor into an error of a progress bar."""
    if sys.stderr is None:
        while os.open(os.devnull, os.O_RDWR) < _ERROR:
            pass
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115


def _told(message: str) -> int:
    """Say what is wrong in one line, where anybody listens."""
    with suppress(OSError):
        if sys.stderr is not None:
            print(f"scrcl-geo: {' '.join(message.split())}", file=sys.stderr, flush=True)
    return BAD_INPUT


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with arguments in one line, as all other errors are said."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {' '.join(message.split())}; see {self.prog} --help\n")


def parser() -> argparse.ArgumentParser:
    """Parser of all commands; imports nothing heavy, so that ``--help`` is instant."""
    commands_parser = _Parser(
        prog="scrcl-geo",
        description="Cell types and tissue domains without labels, and the genes that make them.",
    )
    commands_parser.add_argument("--version", action="version", version=__version__)
    commands = commands_parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return commands_parser
