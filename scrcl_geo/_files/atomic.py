"""Files and folders that are written completely or not at all, with one line where they cannot be."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scrcl_geo import _validate
from scrcl_geo._files.h5ad import size, write
from scrcl_geo._files.interrupt import remove, unfinished

if TYPE_CHECKING:
    from anndata import AnnData

MODEL_FILE = "config.json"  # what makes a folder a saved model
PARTIAL = ".scrcl.part"


def check_writable(path: str | Path) -> None:
    """Fail early, before any work, where an output file could not be written: where there is no folder or no
    right to write, where the name is too long, or where something else than a file would be replaced."""
    remedy = "choose another output path"
    try:
        path = Path(path).resolve()
        if path.exists() and not path.is_file():
            found = "a folder" if path.is_dir() else "something else than a file"
            raise _validate.fail(f"cannot write {path}", found, remedy)
        if not path.parent.is_dir():
            raise _validate.fail(f"cannot write {path}", "no folder of that name", remedy)
        with tempfile.NamedTemporaryFile(
            prefix=f".{path.name}.", suffix=f".checkpoint{PARTIAL}", dir=path.parent
        ):
            pass
    except _validate.ScrclInputError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        raise _validate.fail(f"cannot write {path}", _reason(error), remedy) from error


def write_h5ad(adata: AnnData, path: str | Path) -> None:
    """Write a file completely or not at all: to a temporary file beside it, flushed, then renamed."""
    check_space(adata, path)
    try:
        write_file(path, lambda temporary: write(adata, temporary))
    except (_validate.ScrclInputError, MemoryError):
        raise
    except Exception as error:  # anndata and h5py raise many kinds for what no file can hold
        reason = " ".join(str(error).split())
        raise _validate.fail(f"cannot write {path}", reason, "remove or rename that entry") from error


def check_space(adata: AnnData, path: str | Path) -> None:
    """Raise where the arrays of an AnnData are larger than what is free."""
    check_free(size(adata), path)


def check_free(needed: int, path: str | Path) -> None:
    """Raise where fewer bytes are free than are needed beside an output."""
    free = shutil.disk_usage(Path(path).resolve().parent).free
    if needed > free:
        found = f"{free / 1e9:.2f} GB free, about {needed / 1e9:.2f} GB needed"
        raise _validate.fail(f"cannot write {path}", found, "free space or choose another path")


def remove_partial(path: Path) -> None:
    """Delete what a killed process left half-written beside an output; the caller holds its lock."""
    path = path.resolve()
    ours = re.compile(rf"\.{re.escape(path.name)}\.[a-z0-9_]{{8}}{re.escape(PARTIAL)}")
    for partial in path.parent.iterdir():
        if ours.fullmatch(partial.name) or partial.name == f".{path.name}.checkpoint.part":
            remove(partial)


def write_text(text: str, path: str | Path) -> None:
    """Write a text file as UTF-8, completely or not at all."""
    # surrogates, which a damaged name can hold, cannot be encoded as UTF-8
    code = text.encode("utf-8", errors="replace")
    write_file(path, lambda temporary: temporary.write_bytes(code))


def write_file(path: str | Path, write: Callable[[Path], object]) -> None:
    """Write a file completely or not at all: ``write`` fills one beside it, which then replaces it."""
    path = Path(path).resolve()  # what a link points to is written, not the link
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=PARTIAL, dir=path.parent)
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


def check_folder(path: str | Path, *, markers: Sequence[str] = (MODEL_FILE,)) -> None:
    """Fail early where a folder could not be written or would replace one without any of the files
    ``markers``, which tell what it holds."""
    path = Path(path)
    remedy = "choose another folder"
    if path.exists() and not path.is_dir():
        raise _validate.fail(f"cannot write {path}", "a file of that name", remedy)
    if path.is_dir() and any(path.iterdir()) and not any((path / m).is_file() for m in markers):
        raise _validate.fail(f"cannot write {path}", "a folder with other things in it", remedy)
    try:
        there = next(folder for folder in path.resolve().parents if folder.exists())
        with tempfile.NamedTemporaryFile(prefix=f".{path.name}.", suffix=PARTIAL, dir=there):
            pass
    except (OSError, RuntimeError, ValueError) as error:  # a link that leads to itself, a name of no letters
        raise _validate.fail(f"cannot write {path}", _reason(error), remedy) from error


def write_folder(
    path: str | Path, write: Callable[[Path], None], *, markers: Sequence[str] = (MODEL_FILE,)
) -> None:
    """Write a folder completely or not at all: ``write`` fills one beside it, which then replaces it."""
    check_folder(path, markers=markers)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=PARTIAL, dir=path.parent))
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


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
