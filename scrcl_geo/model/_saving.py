"""A trained model on disk: weights as safetensors, everything else as JSON; nothing that can run code."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file as load_arrays
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import load_file as load_tensors
from safetensors.torch import save_file as save_tensors

from scrcl_geo import _validate
from scrcl_geo._features.inputs import InputMap
from scrcl_geo._files.memory import machine_bytes
from scrcl_geo._files.whole import MODEL_FILE, write_folder
from scrcl_geo._mapping.reference import Reference
from scrcl_geo._version import __version__
from scrcl_geo.graph import EdgeSpec
from scrcl_geo.model._network import build

if TYPE_CHECKING:
    from scrcl_geo.model import ScRCL

_CONFIG, _WEIGHTS, _STATISTICS = MODEL_FILE, "weights.safetensors", "statistics.safetensors"
_REFERENCE = "reference.safetensors"
_DAMAGE = (AttributeError, KeyError, TypeError, ValueError, RuntimeError, OSError, SafetensorError)


def save(model: Any, path: str | Path) -> None:
    """Write ``model`` to the folder ``path``, which is created."""
    if not hasattr(model, "module_"):
        raise _validate.fail("the model is not trained", "no fit", "call fit(adata) first")
    write_folder(path, lambda folder: _write(model, folder))


def _write(model: Any, folder: Path) -> None:
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
    config = {
        "version": __version__,
        "config": model.config,
        "sizes": model.sizes_,
        "n_hops": model.n_hops_,
        "genes": model.genes_,
        "scale": model.scale_,
        "edges": [
            {"edge_type": list(e.edge_type), "attr": e.attr, "key": e.key, "optional": e.optional}
            for e in model.edges_
        ],
        "own_encoder": model.encoder is not None,
        "inputs": {transform: entry["limit"] for transform, entry in inputs.items()},
        "reference": reference,
    }
    (folder / _CONFIG).write_text(json.dumps(config, indent=1), encoding="utf-8")


def load(cls: type[ScRCL], path: str | Path, encoder: Any) -> ScRCL:
    """The model in the folder ``path``, on the CPU.

    Raises
    ------
    ScrclInputError
        No model there, a damaged one, or one that needs an own encoder.
    """
    folder = Path(path)
    if not (folder / _CONFIG).is_file():
        raise _validate.fail(f"no model in {folder}", "no config.json", "name a folder save() wrote")
    if sum(file.stat().st_size for file in folder.iterdir()) > machine_bytes():
        raise _validate.fail(
            f"cannot load the model in {folder}", "more bytes than memory", "name a folder save() wrote"
        )
    try:
        stored = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        if not isinstance(stored, dict) or "own_encoder" not in stored:
            raise _validate.fail(
                f"no model in {folder}", "a config.json of another kind", "name a folder save() wrote"
            )
        if stored["own_encoder"] and encoder is None:
            raise _validate.fail(
                "the model has its own encoder", "none passed", "pass encoder= of the same kind"
            )
        model = cls(encoder=encoder, **stored["config"])
        model.device_ = torch.device("cpu")
        model.sizes_, model.genes_ = stored["sizes"], stored["genes"]
        model.n_hops_ = stored["n_hops"]
        model.scale_ = stored["scale"]
        model.edges_ = tuple(
            EdgeSpec(tuple(e["edge_type"]), e["attr"], e["key"], e["optional"]) for e in stored["edges"]
        )
        arrays = load_arrays(folder / _STATISTICS)
        inputs = {
            transform: {"limit": limit, **_below(arrays, transform)}
            for transform, limit in stored["inputs"].items()
        }
        model.inputs_ = InputMap.from_dict(inputs) if inputs else None
        build_network = partial(build, model.config, encoder, n_hops=model.n_hops_, **model.sizes_)
        if encoder is None:
            _check_shapes(build_network, folder / _WEIGHTS)
        model.module_ = build_network()
        model.module_.load_state_dict(load_tensors(folder / _WEIGHTS))
        if stored.get("reference"):
            model.reference_ = Reference.from_dict(stored["reference"], load_arrays(folder / _REFERENCE))
            _check(model.reference_, model.sizes_)
    except _validate.ScrclInputError:
        raise
    except _DAMAGE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise _validate.fail(f"cannot load the model in {folder}", reason, "save it again") from error
    return model


def _check_shapes(build: Callable[[], torch.nn.Module], weights: Path) -> None:
    """The weights in a file are those of the network; found out before either takes memory."""
    with torch.device("meta"):
        expected = {name: list(tensor.shape) for name, tensor in build().state_dict().items()}
    with safe_open(weights, "pt") as file:
        stored = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118 - no mapping
    if stored != expected:
        wrong = sorted(name for name in stored | expected if stored.get(name) != expected.get(name))
        raise ValueError(f"weights of another network ({_validate.shown(wrong, 2)})")


def _check(reference: Reference, sizes: dict[str, int]) -> None:
    """The reference is of this network."""
    widths = (reference.features.shape[1], len(reference.center), int(reference.genes.used.sum()))
    expected = (sizes["in_channels"], len(reference.classifier.weights), sizes["n_genes"])
    if widths != expected or len(reference.genes.names) != len(reference.genes.used):
        raise ValueError(f"reference of sizes {widths} for a network of sizes {expected}")


def _below(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    start = f"{prefix}/"
    return {name.removeprefix(start): a for name, a in arrays.items() if name.startswith(start)}
