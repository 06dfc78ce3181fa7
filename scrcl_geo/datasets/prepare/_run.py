"""Which converter takes which format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrcl_geo import _validate

if TYPE_CHECKING:
    from anndata import AnnData

# a published format and the module of its converter
FORMATS = ("xy_h5", "tables", "st_tsv", "r_lists", "banksy", "h5ad", "loom", "cellblast", "sce_rds", "visium")


def prepare(kind: str, files: Sequence[str | Path], **options: Any) -> AnnData:
    """Convert published files.

    Parameters
    ----------
    kind
        One of ``FORMATS``; the module of that name says which files and options it takes.
    files
        In the order that the module names.
    **options
        Of the converter.

    Returns
    -------
    AnnData
        ``X`` float32 CSR; ``obs["cell_type"]`` or ``obs["domain"]`` categorical, missing where there is no
        label; ``obsm["spatial"]`` float64 (N, 2) where there are coordinates.

    Raises
    ------
    ScrclInputError
        The format is not known, or the files are not of it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import h5py
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "x.h5")
    ...     with h5py.File(path, "w") as file:
    ...         file["X"], file["Y"] = [[1, 0], [0, 2]], [0, 1]
    ...     prepare("xy_h5", [path]).obs["cell_type"].tolist()
    ['c0', 'c1']
    """
    _validate.one_of("format", kind, FORMATS)
    paths = [Path(file) for file in files]
    for path in paths:
        if not path.exists():
            raise _validate.fail(f"cannot read {path}", "no such file", "name an existing file")
    convert: Callable[..., AnnData] = import_module(f"{__package__}.{kind}").convert
    try:
        return convert(paths, **options)
    except _validate.ScrclInputError:
        raise
    except ImportError as error:
        missing = f"no package {error.name!r}"
        remedy = "install it: pip install 'scrcl-geo[datasets]'"
        raise _validate.fail(f"format {kind!r} needs a package", missing, remedy) from error
    except Exception as error:  # libraries raise many kinds for files of another format
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        names = _validate.shown([path.name for path in paths])
        raise _validate.fail(
            f"cannot convert {names} as {kind!r}", reason, "take the files as published"
        ) from error
