"""Reading and writing .h5ad files so that nothing is lost and errors are one line."""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from scrcl_geo import _validate

if TYPE_CHECKING:
    from anndata import AnnData


def read_h5ad(path: str | Path) -> AnnData:
    """The AnnData in a file.

    Raises
    ------
    ScrclInputError
        The file is missing, or not a readable .h5ad file.
    """
    import anndata

    path = Path(path)
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise _validate.fail(f"cannot read {path}", found, "name an existing .h5ad file")
    try:
        with warnings.catch_warnings():
            # names that are not unique are reported by our own check, as an error
            warnings.filterwarnings("ignore", message=".*names are not unique", category=UserWarning)
            return anndata.read_h5ad(path)
    except Exception as error:  # h5py and anndata raise many kinds for a damaged file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise _validate.fail(
            f"cannot read {path} as .h5ad", reason, "check that the file is complete"
        ) from error


def check_writable(path: str | Path) -> None:
    """Fail early, before any work, where an output file could not be written."""
    path = Path(path)
    remedy = "choose another output path"
    if path.is_dir():
        raise _validate.fail(f"cannot write {path}", "a folder", remedy)
    if not path.parent.is_dir():
        raise _validate.fail(f"cannot write {path}", "no folder of that name", remedy)
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise _validate.fail(f"cannot write {path}", error.strerror or "an error", remedy) from error


def write_h5ad(adata: AnnData, path: str | Path) -> None:
    """Write a file whole or not at all: to a temporary file beside it, flushed, then renamed."""
    path = Path(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        adata.write_h5ad(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())  # mkstemp makes private files
        temporary.replace(path)
    except OSError as error:
        raise _validate.fail(
            f"cannot write {path}",
            error.strerror or str(error),
            "free space or choose another path",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
