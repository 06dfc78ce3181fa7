"""Published data sets, downloaded once and converted to our layout."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from scrcl_geo import _keys, _validate
from scrcl_geo.datasets._download import fetch
from scrcl_geo.datasets._registry import Entry, entry
from scrcl_geo.datasets.prepare import prepare

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)


def load(name: str, *, cache_dir: str | Path | None = None, progress: bool = True) -> AnnData:
    """Download a published data set and convert it; later calls read the cache.

    Files come over https from where their authors published them and must have the checksum in the package's
    registry. Their licences vary: see :func:`available`.

    Parameters
    ----------
    name
        A row of :func:`available`.
    cache_dir
        Folder to keep the files in; by default the user's cache, or what ``SCRCL_GEO_CACHE`` names.
    progress
        Show a progress bar while downloading.

    Returns
    -------
    AnnData
        ``X`` float32 CSR, counts except where ``uns["scrcl_dataset"]["note"]`` says otherwise; the published
        annotation in ``obs`` (categorical), ``obsm["spatial"]`` float64 (N, 2) for slides, and
        ``uns["scrcl_dataset"]`` (dict: ``name``, ``label_key``, ``licence``, ``citation``, ``published``,
        ``note``).

    Raises
    ------
    ScrclInputError
        The name is not known, the set has to be fetched by hand, there is no connection, or the file is not
        the published one.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.load("Goolam")  # doctest: +SKIP
    """
    known = entry(name)
    return load_entry(known, Path(cache_dir) if cache_dir is not None else None, progress=progress)


def load_entry(known: Entry, cache: Path | None, *, progress: bool) -> AnnData:
    """What an entry of the registry describes."""
    if not known.downloads:
        raise _validate.fail(
            f"data set {known.name!r} cannot be downloaded by itself",
            "no published file whose checksum was verified",
            f"get it from {known.published} and run python -m scrcl_geo.datasets.prepare {known.format} "
            f"FILE... --output {known.name}.h5ad",
        )
    paths = fetch(known.name, known.sources, cache=cache, progress=progress)
    adata = prepare(known.format, paths, **known.options)
    if adata.shape != (known.cells, known.genes):
        raise _validate.fail(
            f"data set {known.name!r} has another size than its registry says",
            f"{adata.n_obs} cells and {adata.n_vars} genes",
            f"expected {known.cells} and {known.genes}; report this",
        )
    if known.units:
        adata.uns[_keys.UNITS] = known.units
    described = ("name", "label_key", "licence", "citation", "published", "note")
    adata.uns["scrcl_dataset"] = {key: getattr(known, key) for key in described}
    logger.info("%s: %s, licence: %s; please cite %s", known.name, known.title, known.licence, known.citation)
    return adata
