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


def verify(folder: Path, names: tuple[str, ...], what: str, *, do: str) -> None:
    """Fail where one of the files, or their list, is missing or not as it was written.

    Raises
    ------
    ScrclInputError
        One is; the message says in ``what``.
    """
    path = folder / SUMS
    if not path.is_file():
        raise _validate.fail(f"{what} cannot be trusted", f"no {SUMS}", do)
    text = path.read_bytes()[:100_000].decode("utf-8", errors="replace")
    stated = {line[66:]: line[:64] for line in text.splitlines()}
    for name in names:
        if not (folder / name).is_file():  # a pipe or a device would be read for ever
            raise _validate.fail(f"{what} is damaged", f"no file {name}", do)
        if _digest(folder / name) != stated.get(name):
            raise _validate.fail(f"{what} is damaged", f"{name} with other bytes than were written", do)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
