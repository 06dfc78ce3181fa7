"""What a saved model must be: its settings, statistics and reference, and how their sizes hang together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo._schema.arrays import Array
from scrcl_geo._schema.kinds import (
    FLAG,
    NONE,
    POSITIVE,
    SHARE,
    Either,
    Entries,
    Items,
    Kind,
    Number,
    Record,
    Sizes,
    Text,
    check,
)
from scrcl_geo._schema.result import MOST_HOPS, READING, READING_MORE

_DO = "save the model again"
_SIZE = Number(1, 1e9, whole=True)
_HOPS = Number(0, MOST_HOPS, whole=True)
_NAMES = Either(NONE, Items(Text(), unique=True))
_NEIGHBORS = Number(1, 10_000, whole=True)
_EDGE = Record(
    {
        "edge_type": Items(Text(), length=3),
        "attr": Text(("obsp", "varp", "layers")),
        "key": Text(),
        "optional": FLAG,
    },
    closed=True,
)
_SETTINGS: dict[str, Kind] = {
    "preset": Text(),
    "use_rep": Text(),
    "joined": _NAMES,
    "hidden_channels": _SIZE,
    "out_channels": _SIZE,
    "n_hops": Items(_HOPS, length=2),
    "dropout": SHARE,
    "mask_rate": SHARE,
    "early_stopping": FLAG,
    "n_networks": Number(1, 1000, whole=True),
    "max_epochs": _SIZE,
    "learning_rate": POSITIVE,
    "weight_decay": Number(0),
    "max_grad_norm": Either(NONE, POSITIVE),
    "batch_size": Either(Text(("auto", "full")), Number(2, 1e9, whole=True)),
}
_REFERENCE = Record(
    {
        "genes": Items(Text(), "all genes", unique=True),
        "clusters": Items(Text(), "clusters", unique=True),
        "reading": Record(READING, {**READING_MORE, "n_top_genes": Number(1)}, closed=True),
        "neighbors": Record(
            {_keys.NEIGHBORS: _NEIGHBORS}, {_keys.SPATIAL_NEIGHBORS: _NEIGHBORS}, closed=True
        ),
        "from_network": FLAG,
        "n_hops": _HOPS,
    },
    closed=True,
)
_CONFIG = Record(
    {
        "version": Text(),
        "config": Record(_SETTINGS, closed=True),
        "sizes": Record(
            {
                "in_channels": _SIZE,
                "n_genes": _SIZE,
                "n_cells": _SIZE,
                "relations": Items(Text(), unique=True),
                "width": _SIZE,
            },
            closed=True,
        ),
        "reading": Record(
            {"scale": POSITIVE, "n_hops": Items(_HOPS, length=2), "joined": _NAMES}, closed=True
        ),
        "genes": Items(Text(), "genes", unique=True),
        "edges": Items(_EDGE),
        "own": Items(Text(("cell_encoder", "encoder", "refinement")), unique=True),
        "inputs": Entries(Number(0, float("inf"))),
        "reference": Either(NONE, _REFERENCE),
    },
    {
        "objective": Items(
            Record({"name": Text(), "on": Text(), "weight": Number(), "loss": Text()}, closed=True)
        )
    },
    closed=True,
)
_REFERENCE_ARRAYS = Record(
    {
        "used": Array(("all genes",), "b"),
        "shares": Array(("all genes",), least=0, most=1),
        "features": Array(("sample", "features")),
        "weights": Array(("width", "clusters")),
        "bias": Array(("clusters",)),
        "coexpression_data": Array(("links",), least=0),
        "coexpression_indices": Array(("links",), "iu", least=0),
        "coexpression_indptr": Array(("pointers",), "iu", least=0),
        "expression_data": Array(("values",), least=0),
        "expression_indices": Array(("values",), "iu", least=0),
        "expression_indptr": Array((None,), "iu", least=0),
    },
    closed=True,
)


def check_config(config: Any, where: str) -> Sizes:
    """The settings of a model are sound; the lengths that its arrays must have."""
    sizes: Sizes = {}
    check(config, _CONFIG, where, do=_DO, sizes=sizes)
    found = config["sizes"]
    same(where, "genes", len(config["genes"]), found["n_genes"])
    others = [name for name in config["inputs"] if name not in _keys.TRANSFORMS]
    if others:
        raise _validate.fail(f"{where} cannot be used", f"the transform {others[0]!r}", _DO)
    if config["reference"] is not None:
        tissue = _keys.NEAR[1] in found["relations"]
        same(
            where,
            "relations in space",
            int(_keys.SPATIAL_NEIGHBORS in config["reference"]["neighbors"]),
            int(tissue),
        )
        strange = set(found["relations"]) - {edge[1] for edge in _keys.MAPPED_EDGES}
        if strange:
            raise _validate.fail(f"{where} cannot be used", f"the relation {min(strange)!r}", _DO)
    return sizes | {"features": found["in_channels"], "pointers": found["n_genes"] + 1}


def check_statistics(
    arrays: Mapping[str, np.ndarray], config: dict[str, Any], sizes: Sizes, where: str
) -> None:
    """The statistics are those of the transforms in the settings, and make its features together."""
    kinds: dict[str, Kind] = {}
    for name in config["inputs"]:
        width = f"components of {name}"
        kinds |= {f"{name}/mean": Array(("genes",)), f"{name}/scale": Array(("genes",), least=0)}
        kinds |= {f"{name}/components": Array(("genes", width)), f"{name}/center": Array((width,))}
    check(arrays, Record(kinds, closed=True), where, do=_DO, sizes=sizes)
    if config["inputs"]:
        found = sum(sizes[f"components of {name}"] for name in config["inputs"])
        same(where, "components", found, sizes["features"])


def check_reference(
    arrays: Mapping[str, np.ndarray], config: dict[str, Any], sizes: Sizes, where: str
) -> None:
    """The reference is of this network and its genes are those in use."""
    if not config["reference"]["from_network"]:
        sizes["width"] = sizes["features"]
    elif not config["own"]:  # own parts have a width of their own
        sizes["width"] = config["config"]["out_channels"] * config["config"]["n_networks"]
    check(arrays, _REFERENCE_ARRAYS, where, do=_DO, sizes=sizes)
    names = np.array(config["reference"]["genes"])[arrays["used"]].tolist()
    if names != config["genes"]:
        raise _validate.fail(f"{where} cannot be used", "other genes than the network's", _DO)


def check_weights(arrays: Mapping[str, np.ndarray], where: str) -> None:
    """Weights of any network are finite numbers."""
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise _validate.fail(f"{where}[{name!r}] cannot be used", "values that are not finite", _DO)


def same(where: str, what: str, found: int, expected: int) -> None:
    """Two lengths that must agree."""
    if found != expected:
        raise _validate.fail(f"{where} cannot be used", f"{found} {what} for {expected}", _DO)
