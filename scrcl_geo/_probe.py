"""Whether a file can be read at all, found out in another process.

HDF5 can crash or never return on damaged bytes, and no signal is heard meanwhile.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from scrcl_geo import _validate

_WHOLE = 50_000_000  # bytes up to which a file is read in full
_PATIENCE = 30.0  # seconds


def check(path: str | Path, read: Callable[[Path], object]) -> None:
    """Fail with one line where reading a small HDF5 file, or walking a large one, crashes or does not end.

    What ``read`` raises by itself is left to the caller's own reading.

    Raises
    ------
    ScrclInputError
        The file is damaged.
    """
    path = Path(path)
    if not hasattr(os, "fork") or not _is_hdf5(path):
        return
    task = read if path.stat().st_size <= _WHOLE else _walk
    child = os.fork()
    if child == 0:
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            task(path)
        finally:
            os._exit(0)
    end = time.monotonic() + _PATIENCE
    while not (ended := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < end:
        time.sleep(0.01)
    if not ended[0]:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found = f"reading it did not end within {_PATIENCE:.0f} s"
    elif os.WIFSIGNALED(ended[1]):
        found = "reading it crashes the HDF5 library"
    else:
        return
    raise _validate.fail(f"cannot read {path}", found, "the file is damaged: take another copy")


def _is_hdf5(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(8) == b"\x89HDF\r\n\x1a\n"


def _walk(path: Path) -> None:
    import h5py

    def read_attributes(name: str, item: h5py.HLObject) -> None:  # anything returned would end the walk
        for key in item.attrs:
            item.attrs[key]

    with h5py.File(path, "r") as file:
        file.visititems(read_attributes)
