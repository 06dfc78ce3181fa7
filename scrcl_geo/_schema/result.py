"""What the entries of a result must be: those of a run in an AnnData, and the user's own beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrcl_geo import _keys, _validate
from scrcl_geo._schema.arrays import Array, Column, Table, Weights
from scrcl_geo._schema.kinds import (
    ANYTHING,
    FLAG,
    POSITIVE,
    Either,
    Entries,
    Items,
    Kind,
    Number,
    Record,
    Text,
    check,
)

if TYPE_CHECKING:
    from anndata import AnnData

_TEXT, _NUMBER = Column(text=True), Column()
_PLACES = Array(("cells", None), "fiu")
_OF_RUN = "write it anew with scrcl-geo run, or remove it"
_PARAMS = Record(optional={"params": Entries(ANYTHING)})
READING: dict[str, Kind] = {"values": Text(_keys.VALUE_KINDS), "layer": Text()}  # what every run recorded
READING_MORE: dict[str, Kind] = {
    "target_sum": POSITIVE,
    "batch_key": Text(),
    "n_expressed": Number(0),
    "samples": Items(Text()),
}
MOST_HOPS = 1000

# squidpy's form of tissue images, whatever else is kept there
_PIXELS: dict[str, Any] = {"dtypes": "uif", "least": 0, "most": 65535}
_IMAGE = Either(
    Array((None, None), **_PIXELS),
    Either(Array((None, None, 3), **_PIXELS), Array((None, None, 4), **_PIXELS)),
)
_SCALE = Number(1e-6, 1e6)
LIBRARY = Record(
    optional={
        "images": Record(optional={"hires": _IMAGE, "lowres": _IMAGE}),
        "scalefactors": Record(optional={"tissue_hires_scalef": _SCALE, "tissue_lowres_scalef": _SCALE}),
    }
)

ENTRIES: dict[str, dict[str, Kind]] = {
    "uns": {
        _keys.RESULTS: Record(
            optional={
                "params": Entries(ANYTHING),
                "objective": Entries(Entries(ANYTHING)),
                "versions": Entries(ANYTHING),
                "losses": Table(others=_NUMBER, empty=True),
                "from_network": FLAG,
                "n_hops": Number(0, MOST_HOPS, whole=True),
                "stopped": Text(),
            }
        ),
        _keys.ASSOCIATIONS: Table({"group": _TEXT, "names": _TEXT, "scores": _NUMBER}),
        _keys.GRAPH_PARAMS: Record(READING, READING_MORE),
        _keys.INPUTS: Entries(
            Record(
                {
                    "limit": Number(0, float("inf")),
                    "mean": Array(("used",)),
                    "scale": Array(("used",), least=0),
                    "components": Array(("used", None)),
                    "center": Array((None,)),
                }
            )
        ),
        _keys.PARTITIONS: Record(
            {"keys": Items(Text())},
            {
                "tree": Table(empty=True),
                "seed": Number(0, 2**32, whole=True),
                "stability": Table({"key": _TEXT, "group": _TEXT, "n_cells": _NUMBER, "stability": _NUMBER}),
            },
        ),
        _keys.NUMBER: Record(
            {
                "n_clusters": Number(1, 1e9, whole=True),
                "table": Table(
                    {"n_clusters": Column(finite=True), "stability": _NUMBER},
                    dict.fromkeys(("score", "stability_low", "stability_high"), _NUMBER),
                ),
            }
        ),
        _keys.REACH: Record({"reach": Number(0, MOST_HOPS, whole=True)}),
        _keys.STRUCTURE: Record({"found": FLAG}),
        _keys.UNITS: Text(("pixels", "microns")),
        _keys.SPATIAL: Entries(LIBRARY),
        _keys.NEIGHBORS: _PARAMS,
        _keys.SPATIAL_NEIGHBORS: _PARAMS,
    },
    "obsm": {_keys.SPATIAL: Array(("cells", None), "fiu", finite=False)},  # cells may have no place
    "obsp": {
        _keys.CONNECTIVITIES: Weights("cells"),
        _keys.RESULT_CONNECTIVITIES: Weights("cells"),
        _keys.SPATIAL_CONNECTIVITIES: Weights("cells"),
    },
    "var": {_keys.USED_GENES: Array(("genes",), "b")},
    "varm": {_keys.SAMPLE_SCALES: Array(("genes", "samples"), least=0)},
}
_OTHERS: dict[str, Kind] = {"obsm": _PLACES}  # whatever its key, what is read there is an embedding


def stored(adata: AnnData, slot: str, key: str, *, default: Any = None, do: str | None = None) -> Any:
    """An entry of a slot, checked before it is used; columns come as arrays.

    Parameters
    ----------
    default
        Where there is no such entry.
    do
        Remedy where it is missing, instead of a default.

    Raises
    ------
    ScrclInputError
        The entry is not what a run writes there, or is missing and has no default.
    """
    entries = getattr(adata, slot)
    if key not in entries and do is None:
        return default
    value = _validate.key(entries, key, slot=slot, do=do)
    if slot in ("obs", "var"):
        value = value.to_numpy()
    kind = ENTRIES.get(slot, {}).get(key) or _OTHERS.get(slot)
    if kind is not None:
        sizes = {"cells": adata.n_obs, "genes": adata.n_vars}
        check(value, kind, f"{slot}[{key!r}]", do=_OF_RUN, sizes=sizes)
    return value
