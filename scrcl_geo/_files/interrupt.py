"""Ctrl-C and SIGTERM end a run at once, even while a library computes."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

INTERRUPTED, TERMINATED = 130, 143
_GRACE = 0.6  # seconds in which the work may end by itself
_UNFINISHED: set[Path] = set()


def remove(path: Path) -> None:
    """Delete a file or a folder, where it is there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def unfinished(path: Path) -> Iterator[None]:
    """Name a file or folder that must not stay behind when the process has to end inside the block."""
    _UNFINISHED.add(path)
    try:
        yield
    finally:
        _UNFINISHED.discard(path)


@contextmanager
def handle_signals() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into KeyboardInterrupt; where that is not taken up in time, end.

    Python delivers signals between its own instructions only, and one call into compiled code can last for
    minutes. A second thread is told by the operating system and ends the process, with one line and without
    partial files, if the main thread does not.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(reading, over), daemon=True)
    earlier = {number: signal.signal(number, _raise) for number in (signal.SIGINT, signal.SIGTERM)}
    wakeup = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        signal.set_wakeup_fd(wakeup)
        for number, handler in earlier.items():
            signal.signal(number, handler)
        os.write(writing, b"\0")  # lets the watcher go
        watcher.join()
        os.close(reading)
        os.close(writing)


def _raise(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(number)


def _watch(reading: int, over: threading.Event) -> None:
    number = os.read(reading, 1)[0]
    if number in (signal.SIGINT, signal.SIGTERM) and not over.wait(_GRACE):
        for path in list(_UNFINISHED):
            remove(path)
        sys.stderr.write("\nscrcl-geo: interrupted; no output was written\n")
        sys.stderr.flush()
        os._exit(TERMINATED if number == signal.SIGTERM else INTERRUPTED)
