"""Checksums of the files in a folder, in the form that ``sha256sum -c`` reads."""

from __future__ import annotations

import hashlib
from pathlib import Path

from scrcl_geo import _validate

SUMS = "SHA256SUMS"


def write(folder: Path) -> None:
    """Write the checksums of all files in the folder."""
    names = sorted(path.name for path in folder.iterdir() if path.name != SUMS and path.is_file())
    lines = [f"{_digest(folder / name)}  {name}\n" for name in names]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def verify(folder: Path, names: tuple[str, ...], *, do: str) -> None:
    """Fail where one of the files, or their list, is missing or not as it was written.

    Raises
    ------
    ScrclInputError
        One is; the message names it.
    """
    path = folder / SUMS
    if not path.is_file():
        raise _validate.fail(f"cannot trust {folder}", f"no {SUMS}", do)
    text = path.read_bytes()[:100_000].decode("utf-8", errors="replace")
    stated = {line[66:]: line[:64] for line in text.splitlines()}
    for name in names:
        # a pipe or a device would be read for ever
        digest = _digest(folder / name) if (folder / name).is_file() else "no file"
        if digest != stated.get(name):
            found = "no such file" if digest == "no file" else "other bytes than were written"
            raise _validate.fail(f"{folder / name} is damaged", found, do)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
