"""Model folders and checkpoints that somebody else wrote, or a disk."""

import io
import json
import os
import shutil

import numpy as np
import torch
from fuzz import odd
from fuzz.calls import FEW_STEPS, Call
from safetensors.numpy import load_file, save_file

FILES = ["config.json", "weights.safetensors", "statistics.safetensors", "reference.safetensors"]


def models(made, folder, rng):
    """``map`` with a model that is not what ``save`` wrote."""
    model = folder / "model"
    shutil.copytree(made.model, model)
    what = [config, config, config, array, array, bits, file][rng.integers(7)](model, rng)
    return Call(["map", str(model), str(made.cells), "--output", str(folder / "out.h5ad"), "--quiet"], what)


def config(model, rng):
    """Another value anywhere in config.json, or one missing; signed again, as a forger would."""
    path = model / "config.json"
    stored = json.loads(path.read_text())
    place, name = stored, None
    way = []
    while isinstance(place, dict | list) and len(place):
        names = list(place) if isinstance(place, dict) else range(len(place))
        parent, name = place, names[rng.integers(len(names))]
        place = place[name]
        way.append(name)
        if rng.random() < 0.35:
            break
    if rng.random() < 0.25 and isinstance(parent, dict):
        del parent[name]
        value = "nothing"
    else:
        value = parent[name] = odd.plain(rng)
    path.write_text(json.dumps(stored))
    sign(model)
    return f"{way} = {str(value)[:60]}"


def array(model, rng):
    """Another array in one of the files."""
    path = model / FILES[rng.integers(1, 4)]
    arrays = load_file(path)
    name = sorted(arrays)[rng.integers(len(arrays))]
    x = np.atleast_1d(arrays[name])
    how = ["nan", "inf", "huge", "less", "more", "flat", "type", "gone", "negative", "empty"][
        rng.integers(10)
    ]
    if how in ("nan", "inf", "huge", "negative"):
        value = {"nan": np.nan, "inf": np.inf, "huge": 1e30, "negative": -5.0}[how]
        if x.dtype.kind == "f":
            x.reshape(-1)[rng.integers(x.size)] = min(value, np.finfo(x.dtype).max)
        elif x.size:
            x.reshape(-1)[rng.integers(x.size)] = 10**6 if x.dtype.itemsize > 1 else 1
    elif how == "less":
        x = x[:-1]
    elif how == "more":
        x = np.concatenate([x, x])
    elif how == "flat":
        x = x.reshape(-1, 1) if x.ndim == 1 else x.reshape(-1)
    elif how == "type":
        x = x.astype(np.int64 if x.dtype.kind == "f" else np.float64)
    elif how == "empty":
        x = x[:0]
    arrays[name] = np.ascontiguousarray(x)
    if how == "gone":
        del arrays[name]
    save_file(arrays, path)
    sign(model)
    return f"{path.name} {name} {how}"


def bits(model, rng):
    """One bit of one file."""
    files = sorted(path for path in model.iterdir())
    path = files[rng.integers(len(files))]
    data = bytearray(path.read_bytes())
    at = int(rng.integers(len(data)))
    data[at] ^= 1 << int(rng.integers(8))
    path.write_bytes(bytes(data))
    return f"bit of {path.name} at {at}"


def file(model, rng):
    """Something else in the place of a file."""
    files = sorted(path for path in model.iterdir())
    path = files[rng.integers(len(files))]
    how = ["gone", "empty", "folder", "fifo", "loop", "zeros", "text", "deep", "device", "bom"][
        rng.integers(10)
    ]
    data = path.read_bytes()
    path.unlink()
    if how == "empty":
        path.touch()
    elif how == "folder":
        path.mkdir()
    elif how == "fifo":
        os.mkfifo(path)
    elif how == "loop":
        path.symlink_to(path)
    elif how == "device":
        path.symlink_to("/dev/zero")
    elif how == "zeros":
        path.write_bytes(bytes(len(data)))
    elif how == "text":
        path.write_text("text")
    elif how == "deep":
        path.write_text("[" * 200_000)
    elif how == "bom":
        path.write_bytes(b"\xff\xfe" + data)
    if how in ("zeros", "text", "deep", "bom", "empty") and path.name != "SHA256SUMS":
        sign(model)
    return f"{path.name} {how}"


def sign(model):
    """Checksums of what is there now."""
    from scrcl_geo._files import checksums

    checksums.write(model)


def checkpoints(made, folder, rng):
    """``run --resume`` with a checkpoint that training did not write."""
    output = folder / "out.h5ad"
    place = folder / ".out.h5ad.checkpoint"
    how = ["bit", "state", "state", "state", "cut", "fifo", "folder", "loop", "pickle", "other"][
        rng.integers(10)
    ]
    data = made.checkpoint.read_bytes()
    if how == "bit":
        at = int(rng.integers(len(data)))
        data = data[:at] + bytes([data[at] ^ 1 << int(rng.integers(8))]) + data[at + 1 :]
    elif how == "cut":
        data = data[: rng.integers(len(data))]
    elif how == "other":
        data = rng.bytes(1000)
    elif how == "pickle":
        stream = io.BytesIO()
        torch.save(odd.plain(rng), stream)
        data = stream.getvalue()
    if how == "fifo":
        os.mkfifo(place)
    elif how == "folder":
        place.mkdir()
        (place / "mine").write_text("mine")
    elif how == "loop":
        place.symlink_to(place)
    elif how == "state":
        how = state(made.checkpoint, place, rng)
    else:
        place.write_bytes(data)
    arguments = ["run", str(made.cells), "--output", str(output), "--n-clusters", "3", "--quiet", *FEW_STEPS]
    return Call([*arguments, *(["--resume"] if rng.random() < 0.8 else [])], f"checkpoint {how}")


def state(source, place, rng):
    """A well-formed checkpoint of this run with something else in it."""
    from scrcl_geo.train import Checkpoint

    held = Checkpoint(source).read()
    at, way = held["state"], []
    while True:
        names = list(at) if isinstance(at, dict) else range(len(at))
        name = names[rng.integers(len(names))]
        way.append(name)
        if not isinstance(at[name], dict | list) or not len(at[name]) or rng.random() < 0.4:
            break
        at = at[name]
    values = ["gone", 3, "x", None, [], {}, torch.zeros(2), torch.full((3, 3), float("nan"))]
    value = values[rng.integers(len(values))]
    if value == "gone" if isinstance(value, str) else False:
        del at[name]
    else:
        at[name] = value
    Checkpoint(place).write(held)
    return f"{way} = {str(value)[:30]!r}"
