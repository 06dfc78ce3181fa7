"""Processes that share the training of a run: those that torchrun has started, or some of our own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrcl_geo.train import Ranks

_HERE = "127.0.0.1"
_SOON = 2.0  # seconds in which the system tells how a process ended


class RunEnded(RuntimeError):
    """The run cannot go on; the message is for the user."""


def is_first() -> bool:
    """Whether this process reads the data and writes the output: it is alone, or the first of its kind."""
    return not _started() or os.environ["RANK"] == "0"


@contextmanager
def joined(n_processes: int, arguments: Sequence[str]) -> Iterator[Ranks | None]:
    """The processes that train together; None where this one is alone.

    Where torchrun has not started them, ``scrcl-geo`` with these ``arguments`` is, ``n_processes`` - 1 times.
    They end with the block.

    Raises
    ------
    RunEnded
        One of them has ended before its time; the message names it.
    """
    if not _started() and n_processes < 2:
        yield None
        return
    import torch

    from scrcl_geo.train import Ranks
    from scrcl_geo.train._distributed import RankLost

    started = []
    try:
        if _started():
            ranks = Ranks.join()
        else:
            port = _free_port()
            started = [_start(rank, n_processes, port, arguments) for rank in range(1, n_processes)]
            ranks = Ranks.join(f"tcp://{_HERE}:{port}", 0, n_processes)
            torch.set_num_threads(max(1, torch.get_num_threads() // n_processes))
        try:
            yield ranks
        finally:
            ranks.leave()
    except RankLost as error:
        who = "the first process" if not is_first() else _ended(started) or "another process"
        raise RunEnded(f"{who} has ended; no output was written; go on with --resume") from error
    finally:
        for process in started:
            process.kill()  # it owns no file
            process.wait()


def _started() -> bool:
    """Whether torchrun or its like has started this process along with others."""
    there = {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"} <= set(os.environ)
    return there and int(os.environ["WORLD_SIZE"]) > 1


def _start(rank: int, size: int, port: int, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "MASTER_ADDR": _HERE, "MASTER_PORT": port}
    environment = {**os.environ, **{name: str(value) for name, value in place.items()}}
    environment["OMP_NUM_THREADS"] = str(max(1, int(environment.get("OMP_NUM_THREADS", "1")) // size))
    command = [sys.executable, "-m", "scrcl_geo", *arguments]
    # a session of its own: Ctrl-C is for the first process, which ends the others
    return subprocess.Popen(  # noqa: S603 - this very program
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )


def _free_port() -> int:
    with socket.socket() as some:
        some.bind((_HERE, 0))
        return int(some.getsockname()[1])


def _ended(started: Sequence[subprocess.Popen[bytes]]) -> str:
    """Which process ended, and how."""
    for rank, process in enumerate(started, start=1):
        try:
            code = process.wait(timeout=_SOON)
        except subprocess.TimeoutExpired:
            continue
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        return f"process {rank} ({how})"
    return ""
