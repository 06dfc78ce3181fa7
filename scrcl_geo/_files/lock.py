"""One run at a time for each output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scrcl_geo import _validate
from scrcl_geo._files.interrupt import unfinished
from scrcl_geo._files.output import check_output


@contextmanager
def output_lock(output: str | Path) -> Iterator[None]:
    """Hold the lock of an output inside the block: a hidden file beside it, which goes with the block.

    The system releases the lock when the process dies, whatever stays of the file.

    Raises
    ------
    ScrclInputError
        Another process holds it, or the output cannot be written.
    """
    from filelock import FileLock, Timeout

    check_output(output)
    path = Path(output).resolve()
    file = path.with_name(f".{path.name}.lock")
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        found, remedy = "its lock is held", "wait for it or choose another output"
        raise _validate.fail(f"another run writes {output}", found, remedy) from None
    except OSError as error:  # something else than a file is in its place
        found = error.strerror or type(error).__name__
        raise _validate.fail(f"cannot lock {output} with {file.name}", found, "remove it") from error
    try:
        with unfinished(file):
            yield
    finally:
        file.unlink(missing_ok=True)
        lock.release()
