"""HDF5 files that point into other files, whose bytes would be taken along."""

from __future__ import annotations

from pathlib import Path

from scrcl_geo import _validate


def refuse_external(path: str | Path) -> None:
    """Fail where an HDF5 file has links to other files, or arrays that lie in them.

    Raises
    ------
    ScrclInputError
        It has; the message names the entry and the other file.
    """
    import h5py

    if not Path(path).is_file() or not h5py.is_hdf5(path):
        return
    others: list[str] = []

    def link(name: str, found: object) -> None:
        if isinstance(found, h5py.ExternalLink):
            others.append(f"{name} in {found.filename}")

    def array(name: str, found: object) -> None:
        if isinstance(found, h5py.Dataset):
            files = [file for file, _, _ in found.external or ()]
            if found.is_virtual:
                files += [source.file_name for source in found.virtual_sources() if source.file_name != "."]
            others.extend(f"{name} in {file}" for file in files)

    with h5py.File(path, "r") as file:
        file.visititems_links(link)
        file.visititems(array)
    if others:
        remedy = "copy the arrays into the file"
        raise _validate.fail(f"{path} points into other files", _validate.shown(others, 2), remedy)
