"""The files that a list names, with a name for the cells of each."""

from __future__ import annotations

import os
from pathlib import Path

from scrcl_geo import _validate

_STORES = (".h5ad", ".zarr")  # what is taken of a folder


def listed(source: str | Path) -> dict[str, Path]:
    """Files by name, in their order: of a text file with one path a line, or the .h5ad and .zarr of a folder.

    Paths are as seen from the list's own folder; empty lines and those that begin with ``#`` are passed
    over. A name is the file's own without its ending or, where two have the same, its way from the folder
    that all are in.

    Raises
    ------
    ScrclInputError
        No such list, no file in it, one that is not there, or one that is named twice.
    """
    source = Path(source)
    if source.is_dir():
        paths = sorted(path for path in source.iterdir() if path.suffix in _STORES)
    else:
        try:
            lines = [line.strip() for line in source.read_text(encoding="utf-8").splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            found = error.strerror if isinstance(error, OSError) else "something else than text"
            raise _validate.fail(
                f"cannot read the list {source}", str(found), "name a text file with one path a line"
            ) from error
        paths = [source.parent / line for line in lines if line and not line.startswith("#")]
    if not paths:
        found = f"no {' or '.join(_STORES)}" if source.is_dir() else "no line with a path"
        raise _validate.fail(f"{source} names no file", found, "list the files to run on")
    for path in paths:
        if not path.exists():
            raise _validate.fail(f"cannot read {path}", f"no such file, named in {source}", "mend the list")
    return dict(zip(_names(paths, source), paths, strict=True))


def _names(paths: list[Path], source: Path) -> list[str]:
    places = [path.resolve() for path in paths]
    if repeated := sorted({str(place) for place in places if places.count(place) > 1}):
        raise _validate.fail(f"{source} names a file twice", _validate.shown(repeated, 3), "name it once")
    stems = [path.stem for path in paths]
    if len(set(stems)) == len(stems):
        return stems
    common = os.path.commonpath([place.parent for place in places])
    return [place.relative_to(common).as_posix() for place in places]
