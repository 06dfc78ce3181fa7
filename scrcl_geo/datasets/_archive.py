"""Unpacking what was downloaded, into one folder and nowhere else."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

from scrcl_geo import _validate


def unpack(archive: Path, folder: Path) -> list[Path]:
    """Unpack a tar (packed or not) or zip archive; returns the files.

    Raises
    ------
    ScrclInputError
        Not an archive, a member that is a link, a device or would land outside of ``folder``, or more bytes
        than are free there; then nothing is unpacked.
    """
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            _check(archive, [(entry.filename, True) for entry in packed.infolist()])
            _fits(archive, sum(entry.file_size for entry in packed.infolist()), folder)
            packed.extractall(folder)  # noqa: S202 - members were checked
            names = [entry.filename for entry in packed.infolist() if not entry.is_dir()]
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as packed:
            members = packed.getmembers()
            _check(archive, [(entry.name, entry.isfile() or entry.isdir()) for entry in members])
            _fits(archive, sum(entry.size for entry in members), folder)
            if hasattr(tarfile, "data_filter"):  # Python 3.11.4 and later
                packed.extractall(folder, filter="data")
            else:
                packed.extractall(folder)  # noqa: S202 - members were checked
            names = [entry.name for entry in members if entry.isfile()]
    else:
        raise _validate.fail(f"cannot unpack {archive}", "no archive", "take the file as published")
    return [folder / name for name in names]


def _check(archive: Path, members: list[tuple[str, bool]]) -> None:
    for name, plain in members:
        path = PurePosixPath(name.replace("\\", "/"))
        if not plain or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise _validate.fail(
                f"{archive} is not safe to unpack", f"a member {name!r}", "take the archive as published"
            )


def _fits(archive: Path, n_bytes: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if n_bytes > free:
        found = f"{n_bytes / 1e9:.1f} GB in it, {free / 1e9:.1f} GB free"
        raise _validate.fail(f"{archive} is too large to unpack", found, "free space")
