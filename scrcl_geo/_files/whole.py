"""Reading and writing files so that nothing is lost and errors are one line."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from scrcl_geo import _validate
from scrcl_geo._files.h5ad import size, write
from scrcl_geo._files.interrupt import unfinished

if TYPE_CHECKING:
    from anndata import AnnData

IN_MEMORY = 1_000_000_000  # bytes of X up to which it is read whole
MODEL_FILE = "config.json"  # what makes a folder a saved model


def read_h5ad(path: str | Path) -> AnnData:
    """The AnnData in a file; an X of more than 1 GB stays there and is read in row chunks.

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
            adata = anndata.read_h5ad(path, backed="r" if _matrix_bytes(path) > IN_MEMORY else None)
    except Exception as error:  # h5py and anndata raise many kinds for a damaged file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise _validate.fail(
            f"cannot read {path} as .h5ad", reason, "check that the file is complete"
        ) from error
    if adata.isbacked and tuple(adata.X.shape) != adata.shape:  # anndata compares them only in memory
        adata.file.close()
        raise _validate.fail(
            f"cannot read {path} as .h5ad",
            f"X of shape {tuple(adata.X.shape)} for {adata.n_obs} cells and {adata.n_vars} genes",
            "check that the file is complete",
        )
    return adata


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
    needed, free = size(adata), shutil.disk_usage(Path(path).parent).free
    if needed > free:
        found = f"{free / 1e9:.2f} GB free, about {needed / 1e9:.2f} GB needed"
        raise _validate.fail(f"cannot write {path}", found, "free space or choose another path")
    try:
        _write_whole(path, lambda temporary: write(adata, temporary))
    except (_validate.ScrclInputError, MemoryError):
        raise
    except Exception as error:  # anndata and h5py raise many kinds for what no file can hold
        reason = " ".join(str(error).split())
        raise _validate.fail(f"cannot write {path}", reason, "remove or rename that entry") from error


def remove_partial(path: Path) -> None:
    """Delete what a killed process left half-written beside an output; the caller holds its lock."""
    for partial in path.parent.glob(f".{glob.escape(path.name)}.*part"):
        partial.unlink(missing_ok=True)


def write_text(text: str, path: str | Path) -> None:
    """Write a text file as UTF-8, whole or not at all."""
    # surrogates, which a damaged name can hold, have no place in UTF-8
    code = text.encode("utf-8", errors="replace")
    _write_whole(path, lambda temporary: temporary.write_bytes(code))


def _write_whole(path: str | Path, write: Callable[[Path], object]) -> None:
    path = Path(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        with unfinished(temporary):
            write(temporary)
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


def _matrix_bytes(path: Path) -> int:
    """Size of X in memory, in bytes; 0 where the file has none of the usual form."""
    import h5py

    with h5py.File(path, "r") as file:
        x = file.get("X")
        if x is None:
            return 0
        parts = [x] if isinstance(x, h5py.Dataset) else [x[name] for name in ("data", "indices") if name in x]
        return int(sum(part.size * part.dtype.itemsize for part in parts))


def check_folder(path: str | Path) -> None:
    """Fail early where a folder could not be written or would replace one that holds no model."""
    path = Path(path)
    remedy = "choose another folder"
    if path.exists() and not path.is_dir():
        raise _validate.fail(f"cannot write {path}", "a file of that name", remedy)
    if path.is_dir() and any(path.iterdir()) and not (path / MODEL_FILE).is_file():
        raise _validate.fail(f"cannot write {path}", "a folder with other things in it", remedy)


def write_folder(path: str | Path, write: Callable[[Path], None]) -> None:
    """Write a folder whole or not at all: ``write`` fills one beside it, which then takes its place."""
    check_folder(path)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    try:
        write(temporary)
        temporary.chmod(0o777 & ~_umask())  # mkdtemp makes private folders, safetensors private files
        for file in temporary.iterdir():
            file.chmod(0o666 & ~_umask())
        if path.exists():
            earlier = temporary.with_suffix(".old")
            path.rename(earlier)
            temporary.rename(path)
            shutil.rmtree(earlier)
        else:
            temporary.rename(path)
    except OSError as error:
        raise _validate.fail(
            f"cannot write {path}", error.strerror or str(error), "free space or choose another folder"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
