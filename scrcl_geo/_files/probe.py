"""Whether a file can be read at all, found out in another process.

HDF5 can crash or never return on damaged bytes, and no signal is handled meanwhile; and a small file can
unpack to more than the machine holds.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil

from scrcl_geo import _validate
from scrcl_geo._files.h5ad import IN_MEMORY
from scrcl_geo._files.memory import machine_bytes

_READ_IN_FULL = 50_000_000  # bytes up to which a file is read in full
_PATIENCE = 30.0  # seconds of work or sleep; waiting for a core on a busy machine is neither
_TRIES = 2  # where it sleeps: a lock may have been held by a thread that a fork leaves behind
_STEP = 0.01  # seconds between two looks
_TOO_LARGE = 3  # exit status
_ON_DISK = ("X", "raw")  # stay there where they are large


def check(path: str | Path, read: Callable[[Path], object]) -> None:
    """Fail with one line where reading a small HDF5 file, or walking a large one, crashes or does not end.

    Nor may it unpack to more than the memory of the machine.

    What ``read`` raises by itself is left to the caller's own reading.

    Raises
    ------
    ScrclInputError
        The file is damaged or too large.
    """
    path = Path(path)
    if not hasattr(os, "fork") or not _is_hdf5(path):
        return
    for _ in range(_TRIES):
        status, worked = _ended(_started(path, read))
        if status is not None or worked:
            break
    if status is None:
        found = f"reading it did not end within {_PATIENCE:.0f} s"
    elif os.WIFSIGNALED(status):
        found = "reading it crashes the HDF5 library"
    elif os.WEXITSTATUS(status) == _TOO_LARGE:
        found = f"arrays of more than the {machine_bytes() / 1e9:.0f} GB of this machine"
        raise _validate.fail(f"cannot read {path}", found, "take fewer cells or a larger machine")
    else:
        return
    raise _validate.fail(f"cannot read {path}", found, "the file is damaged: take another copy")


def _started(path: Path, read: Callable[[Path], object]) -> int:
    """A process that reads the file."""
    child = os.fork()
    if child:
        return child
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        if _unpacked(path) > machine_bytes():
            os._exit(_TOO_LARGE)
        if path.stat().st_size <= _READ_IN_FULL:
            read(path)
    finally:
        os._exit(0)


def _ended(child: int) -> tuple[int | None, bool]:
    """How a process ended, None where it has to be ended, and whether it worked for most of its time."""
    slept = worked = 0.0
    while not (ended := os.waitpid(child, os.WNOHANG))[0]:
        if worked + slept >= _PATIENCE:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None, worked > slept
        time.sleep(_STEP)
        worked, at_work = _look(child)
        slept += _STEP * (not at_work)
    return ended[1], worked > slept


def _look(child: int) -> tuple[float, bool]:
    """CPU seconds of a process so far, and whether it computes or would if it had a core."""
    process = psutil.Process(child)
    try:
        spent = process.cpu_times()
        return spent.user + spent.system, process.status() == psutil.STATUS_RUNNING
    except psutil.Error:  # it has just ended
        return 0.0, True


def _is_hdf5(path: Path) -> bool:
    import h5py

    return path.is_file() and bool(h5py.is_hdf5(path))  # wherever the signature stands


def _unpacked(path: Path) -> int:
    """Bytes of all arrays that are read to memory; walks through all of the file.

    A large X stays in the file, and so does what is beside it in ``raw``.
    """
    import h5py

    sizes: Counter[str] = Counter()

    def look(name: str, item: h5py.HLObject) -> None:  # anything returned would end the walk
        for key in item.attrs:
            item.attrs[key]
        if isinstance(item, h5py.Dataset):
            sizes[name.split("/")[0]] += item.size * item.dtype.itemsize

    with h5py.File(path, "r") as file:
        file.visititems(look)
    large = sizes["X"] > IN_MEMORY
    return sum(size for name, size in sizes.items() if not (large and name in _ON_DISK))
