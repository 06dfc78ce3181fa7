"""Unpacking what was downloaded, into one folder and nowhere else."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path, PurePosixPath

from scrcl_geo import _validate


def unpack(archive: Path, folder: Path) -> list[Path]:
    """Unpack a tar (packed or not) or zip archive; returns the files.

    Raises
    ------
    ScrclInputError
        Not an archive, or a member that is a link, a device or would land outside of ``folder``; then
        nothing is unpacked.
    """
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            _check(archive, [(entry.filename, True) for entry in packed.infolist()])
            packed.extractall(folder)
            names = [entry.filename for entry in packed.infolist() if not entry.is_dir()]
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as packed:
            members = packed.getmembers()
            _check(archive, [(entry.name, entry.isfile() or entry.isdir()) for entry in members])
            if hasattr(tarfile, "data_filter"):  # Python 3.11.4 and later
                packed.extractall(folder, filter="data")
            else:
                packed.extractall(folder)
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
