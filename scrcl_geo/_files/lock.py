"""One run at a time for each output."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scrcl_geo import _validate


@contextmanager
def output_lock(output: str | Path) -> Iterator[None]:
    """Hold the lock of an output inside the block; the system releases it when the process dies.

    It lies among the temporary files, so that nothing stays beside the output.

    Raises
    ------
    ScrclInputError
        Another process holds it.
    """
    from filelock import FileLock, Timeout

    name = hashlib.blake2b(str(Path(output).resolve()).encode(), digest_size=16).hexdigest()
    lock = FileLock(Path(tempfile.gettempdir()) / f"scrcl_geo-{name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        found, remedy = "its lock is held", "wait for it or choose another output"
        raise _validate.fail(f"another run writes {output}", found, remedy) from None
    try:
        yield
    finally:
        lock.release()
