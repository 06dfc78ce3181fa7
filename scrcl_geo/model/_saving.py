"""A trained model on disk: weights as safetensors, everything else as JSON; nothing that can run code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file as load_arrays
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import load_file as load_tensors
from safetensors.torch import save_file as save_tensors
from torch.nn.parameter import is_lazy

from scrcl_geo import _validate
from scrcl_geo._features.inputs import InputMap
from scrcl_geo._files import checksums
from scrcl_geo._files.atomic import MODEL_FILE, write_folder
from scrcl_geo._files.memory import machine_bytes
from scrcl_geo._mapping.reference import Reference
from scrcl_geo._schema import saved
from scrcl_geo._version import __version__
from scrcl_geo.graph import EdgeSpec
from scrcl_geo.losses import Objective
from scrcl_geo.model._network import NetworkParts
from scrcl_geo.model._reading import Reading
from scrcl_geo.nn import Ensemble

if TYPE_CHECKING:
    from scrcl_geo.model._trained import TrainedModel

_CONFIG, _WEIGHTS, _STATISTICS = MODEL_FILE, "weights.safetensors", "statistics.safetensors"
_REFERENCE = "reference.safetensors"
_DO = "save it again"


def save_state(model: TrainedModel, path: str | Path) -> None:
    """Write what a model learned to the folder ``path``, which is created."""
    if not hasattr(model, "module_"):
        raise _validate.fail("the model is not trained", "no fit", "call fit(adata) first")
    write_folder(path, lambda folder: _write(model, folder))


def _write(model: TrainedModel, folder: Path) -> None:
    save_tensors(model.module_.state_dict(), folder / _WEIGHTS)
    inputs = model.inputs_.to_dict() if model.inputs_ is not None else {}
    arrays = {
        f"{transform}/{name}": np.ascontiguousarray(value)
        for transform, entry in inputs.items()
        for name, value in entry.items()
        if isinstance(value, np.ndarray)
    }
    save_arrays(arrays, folder / _STATISTICS)
    reference = None
    if model.reference_ is not None:
        reference, arrays = model.reference_.to_dict()
        save_arrays({name: np.ascontiguousarray(a) for name, a in arrays.items()}, folder / _REFERENCE)
    reading = model.reading_
    config = {
        "version": __version__,
        "config": model.config,
        "sizes": model.sizes_,
        "reading": {"scale": reading.scale, "n_hops": reading.n_hops, "joined": reading.joined},
        "genes": model.genes_,
        "edges": [
            {"edge_type": list(e.edge_type), "attr": e.attr, "key": e.key, "optional": e.optional}
            for e in model.edges
        ],
        "own": model.parts.own,
        "objective": model.objective.config(),
        "inputs": {transform: entry["limit"] for transform, entry in inputs.items()},
        "reference": reference,
    }
    (folder / _CONFIG).write_text(json.dumps(config, indent=1), encoding="utf-8")
    checksums.write(folder)


class OwnObjective(Objective):
    """What a loaded model was trained with, known by its terms alone: nothing that could train it again."""

    def __init__(self, terms: list[dict[str, Any]]) -> None:
        torch.nn.Module.__init__(self)
        self._terms = terms

    def config(self) -> list[dict[str, Any]]:
        """The terms, as they were saved."""
        return self._terms

    def forward(self, views: Any, data: Any) -> dict[str, torch.Tensor]:
        """Refused."""
        names = _validate.shown([term["name"] for term in self._terms])
        raise _validate.fail(
            "the model has its own objective", names, "pass objective= of the same kind to load"
        )

    def __repr__(self) -> str:
        return "\n".join(f"{term['weight']:g} × {term['loss']} on {term['on']}" for term in self._terms)


def load_state(path: str | Path, parts: NetworkParts) -> dict[str, Any]:
    """Attributes of the model in the folder ``path``, on the CPU, with ``config`` and ``edges``.

    Checksums tell damage; what somebody else wrote is compared with :mod:`scrcl_geo._schema.saved`.

    Raises
    ------
    ScrclInputError
        No model there, a damaged one, one of an earlier version, or one with own parts that are not passed.
    """
    folder = Path(path)
    try:
        stored = _config(folder)
        names = (_CONFIG, _WEIGHTS, _STATISTICS, *((_REFERENCE,) if stored["reference"] else ()))
        checksums.verify(folder, names, f"the model in {folder}", do=_DO)
        sizes = saved.check_config(stored, str(folder / _CONFIG))
        missing = [name for name in stored["own"] if name not in parts.own]
        if missing:
            wanted = ", ".join(f"{name}=" for name in missing)
            raise _validate.fail(
                f"the model has its own {_validate.shown(missing)}",
                "none passed",
                f"pass {wanted} of the same kind",
            )
        return _read(stored, sizes, folder, parts)
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        if isinstance(error, _validate.ScrclInputError):
            raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise _validate.fail(f"cannot load the model in {folder}", reason, _DO) from error


def _config(folder: Path) -> dict[str, Any]:
    """The settings as they are stored, of a model of this version."""
    another = "name a folder save() wrote"
    if not (folder / _CONFIG).is_file():
        raise _validate.fail(f"no model in {folder}", "no config.json", another)
    if sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) > machine_bytes():
        raise _validate.fail(f"cannot load the model in {folder}", "more bytes than memory", another)
    try:
        stored = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise _validate.fail(f"no model in {folder}", "a config.json that is no JSON", another) from error
    if isinstance(stored, dict) and "own_encoder" in stored:
        raise _validate.fail(
            f"the model in {folder} is of an earlier version",
            f"version {stored.get('version')}",
            "train it again with scrcl-geo run --save-model: the network has changed since",
        )
    if not isinstance(stored, dict) or not {"own", "reference"} <= set(stored):
        raise _validate.fail(f"no model in {folder}", "a config.json of another kind", another)
    return stored


def _read(stored: dict[str, Any], sizes: dict[str, int], folder: Path, parts: NetworkParts) -> dict[str, Any]:
    arrays = load_arrays(folder / _STATISTICS)
    saved.check_statistics(arrays, stored, sizes, str(folder / _STATISTICS))
    inputs = {
        transform: {"limit": limit, **_below(arrays, transform)}
        for transform, limit in stored["inputs"].items()
    }
    reading = stored["reading"]
    joined = reading["joined"]
    state = {
        "config": stored["config"],
        "edges": tuple(
            EdgeSpec(tuple(e["edge_type"]), e["attr"], e["key"], e["optional"]) for e in stored["edges"]
        ),
        "device_": torch.device("cpu"),
        "sizes_": stored["sizes"],
        "genes_": stored["genes"],
        "objective": stored.get("objective"),
        "reading_": Reading(
            float(reading["scale"]), tuple(reading["n_hops"]), None if joined is None else tuple(joined)
        ),
        "inputs_": InputMap.from_dict(inputs) if inputs else None,
    }

    def build() -> Ensemble:
        return Ensemble(
            parts.build(stored["config"], stored["sizes"]) for _ in range(stored["config"]["n_networks"])
        )

    if not parts.own:
        _check_shapes(build, folder / _WEIGHTS)
    weights = load_tensors(folder / _WEIGHTS)
    saved.check_weights({name: tensor.numpy() for name, tensor in weights.items()}, str(folder / _WEIGHTS))
    module = build()
    module.load_state_dict(weights)
    state["module_"] = module.eval()
    if stored["reference"]:
        arrays = load_arrays(folder / _REFERENCE)
        saved.check_reference(arrays, stored, sizes, str(folder / _REFERENCE))
        state["reference_"] = Reference.from_dict(stored["reference"], arrays)
    return state


def _check_shapes(build: Callable[[], torch.nn.Module], weights: Path) -> None:
    """The weights in a file are those of the network; found out before either takes memory."""
    with torch.device("meta"):
        expected = {n: list(t.shape) for n, t in build().state_dict().items() if not is_lazy(t)}
    with safe_open(weights, "pt") as file:
        stored = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118 - no mapping
    wrong = sorted(name for name in expected if stored.get(name) != expected[name])
    if wrong:
        raise ValueError(f"weights of another network ({_validate.shown(wrong, 2)})")


def _below(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    start = f"{prefix}/"
    return {name.removeprefix(start): a for name, a in arrays.items() if name.startswith(start)}
