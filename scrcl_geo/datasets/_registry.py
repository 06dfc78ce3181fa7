"""The data sets that are known: where they are published, what they hold, whose they are."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from scrcl_geo import _validate
from scrcl_geo.datasets._download import Source

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Entry:
    """One data set of ``registry.toml``."""

    name: str
    title: str
    cells: int
    genes: int
    classes: int
    label_key: str
    licence: str
    citation: str
    published: str
    format: str
    options: dict[str, Any] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    note: str = ""
    paper: bool = False
    units: str = ""

    @property
    def downloads(self) -> bool:
        """Whether files with a verified checksum are known."""
        return bool(self.sources)


@cache
def entries() -> dict[str, Entry]:
    """All data sets by name."""
    text = (files("scrcl_geo.datasets") / "registry.toml").read_text(encoding="utf-8")
    return {name: parse(name, stored) for name, stored in tomllib.loads(text).items()}


def parse(name: str, stored: dict[str, Any]) -> Entry:
    """One table of the registry."""
    stored = dict(stored)
    sources = tuple(Source(**source) for source in stored.pop("sources", []))
    return Entry(name=name, sources=sources, **stored)


def entry(name: str) -> Entry:
    """The data set of that name, or an error that lists those there are."""
    return _validate.key(entries(), name, slot="data sets", do="see sg.datasets.available()")


def available() -> pd.DataFrame:
    """The data sets that :func:`load` knows.

    Returns
    -------
    pandas.DataFrame
        One row per data set: ``title``, ``cells``, ``genes``, ``classes`` (0 where the publication does not
        tell), ``label_key``, ``downloads`` (False: has to be fetched by hand from ``published`` and
        converted), ``paper`` (one of the benchmarks of the scRCL paper), ``licence``, ``citation``,
        ``published``, ``note``.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> int(sg.datasets.available().loc["Goolam", "cells"])
    124
    """
    import pandas as pd

    columns = ["title", "cells", "genes", "classes", "label_key", "downloads", "paper"]
    columns += ["licence", "citation", "published", "note"]
    rows = {name: {c: getattr(known, c) for c in columns} for name, known in entries().items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)
