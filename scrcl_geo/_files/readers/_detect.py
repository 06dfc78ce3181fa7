"""Which format a file or folder has, told from its content, never from its name."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from scrcl_geo import _validate
from scrcl_geo._schema.kinds import ANYTHING, Entries, check

H5AD, ZARR, SPATIALDATA = "AnnData .h5ad", "AnnData .zarr", "SpatialData .zarr"
TENX_H5, VISIUM, VISIUM_HD = "10x .h5", "Visium folder", "Visium HD folder"
XENIUM, MTX, CSV = "Xenium folder", ".mtx folder", ".csv"
FORMATS = (H5AD, ZARR, SPATIALDATA, TENX_H5, VISIUM, VISIUM_HD, XENIUM, MTX, CSV)

_DO = f"name one of: {', '.join(FORMATS)}"
_COMPLETE = "check that the folder is complete"
_COUNTS = "filtered_feature_bc_matrix"


def detect(path: str | Path) -> tuple[str, Path]:
    """Format of ``path``, one of ``FORMATS``, and the file or folder inside it that holds the data.

    Raises
    ------
    ScrclInputError
        Nothing of that name, or nothing that is known.
    """
    path = Path(path)
    if path.is_dir():
        return _folder(path)
    if path.is_file():
        return _file(path)
    raise _validate.fail(f"cannot read {path}", "no such file", "name an existing file or folder")


def _file(path: Path) -> tuple[str, Path]:
    import h5py

    if h5py.is_hdf5(path):
        return _hdf5(path), path
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rt") if packed else path.open(encoding="utf-8") as text:
            first = text.readline(1_000_000)
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise _validate.fail(f"cannot read {path}", "neither HDF5 nor text", _DO) from error
    if first.startswith("%%MatrixMarket"):
        return MTX, path.parent
    if any(first.count(mark) for mark in ",\t;"):
        return CSV, path
    raise _validate.fail(f"cannot read {path}", "text without a table" if first else "an empty file", _DO)


def _hdf5(path: Path) -> str:
    import h5py

    try:
        with h5py.File(path) as file:
            if file.attrs.get("encoding-type") == "anndata" or {"X", "obs", "var"} <= set(file):
                return H5AD
            if isinstance(file.get("matrix"), h5py.Group) or any(
                isinstance(group, h5py.Group) and {"barcodes", "genes", "indptr"} <= set(group)
                for group in file.values()
            ):
                return TENX_H5
            if {"matrix", "row_attrs", "col_attrs"} <= set(file):
                raise _validate.fail(
                    f"cannot read {path}", "a .loom file", "convert it with anndata.io.read_loom"
                )
            keys = list(file)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:  # all are h5py's for damage
        if isinstance(error, _validate.ScrclInputError):
            raise
        reason = str(error).splitlines()[0]
        raise _validate.fail(
            f"cannot read {path} as HDF5", reason, "check that the file is complete"
        ) from error
    raise _validate.fail(f"cannot read {path}", f"HDF5 with the keys {_validate.shown(keys)}", _DO)


def _folder(path: Path) -> tuple[str, Path]:
    zarr = _zarr(path)
    if zarr:
        return zarr, path
    # Space Ranger and Xenium put their results into a folder "outs"
    for folder in (path, path / "outs"):
        if (folder / "experiment.xenium").exists() or (
            list(folder.glob("cells.parquet")) + list(folder.glob("cells.csv*"))
            and list(folder.glob("cell_feature_matrix*"))
        ):
            return XENIUM, folder
        if list(folder.glob("binned_outputs/square_*")):
            return VISIUM_HD, _default_bin(folder / "binned_outputs")
        if folder.name == "binned_outputs" and list(folder.glob("square_*")):
            return VISIUM_HD, _default_bin(folder)
        if (folder / "spatial" / "tissue_positions.parquet").exists():
            return VISIUM_HD, folder
        if list(folder.glob("spatial/tissue_positions*.csv")):
            return VISIUM, folder
        for inside in (folder, folder / _COUNTS):
            if list(inside.glob("*matrix.mtx*")):
                return MTX, inside
        if (folder / f"{_COUNTS}.h5").exists():
            return TENX_H5, folder / f"{_COUNTS}.h5"
    found = [entry.name for entry in sorted(path.iterdir())]
    raise _validate.fail(f"cannot read the folder {path}", _validate.shown(found), _DO)


def _default_bin(folder: Path) -> Path:
    """10x's recommended bin of 8 µm, or the largest there is; another is named by its own folder."""
    bins = sorted(folder.glob("square_*"))
    return next((entry for entry in bins if entry.name == "square_008um"), bins[-1])


def _zarr(path: Path) -> str | None:
    """``ZARR``, ``SPATIALDATA`` or None for a folder that is no zarr group."""
    if not any((path / name).exists() for name in ("zarr.json", ".zgroup")):
        return None
    attributes = _zarr_attributes(path)
    if attributes.get("encoding-type") == "anndata" or {"X", "obs", "var"} <= {
        p.name for p in path.iterdir()
    }:
        return ZARR
    if "spatialdata_attrs" in attributes or any((path / name).is_dir() for name in ("tables", "table")):
        return SPATIALDATA
    found = [entry.name for entry in sorted(path.iterdir())]
    raise _validate.fail(f"cannot read {path}", f"zarr with {_validate.shown(found)}", _DO)


def _zarr_attributes(path: Path) -> dict[str, object]:
    """Attributes of a zarr group of format 2 or 3."""
    for name in ("zarr.json", ".zattrs"):
        try:
            stored = json.loads((path / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (ValueError, RecursionError) as error:
            raise _validate.fail(f"cannot read {path / name}", "damaged JSON", _COMPLETE) from error
        attributes = stored.get("attributes", {}) if isinstance(stored, dict) and "json" in name else stored
        check(attributes, Entries(ANYTHING), f"{path / name}", do=_COMPLETE)
        return attributes
    return {}
