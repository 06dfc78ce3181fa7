"""Odd states of files and streams, and odd settings."""

import io
import os
import shutil
import sys
from pathlib import Path

from fuzz.calls import FEW_STEPS, Call

NUMBERS = [
    "-1",
    "0",
    "1",
    "2",
    "3",
    "7",
    "15",
    "39",
    "40",
    "41",
    "4294967296",
    "2000000000",
    "nan",
    "inf",
    "x",
    "",
]


def settings(made, folder, rng):
    """Values of options at and beyond their ends."""
    output = folder / "out.h5ad"
    number = str(rng.choice(NUMBERS))
    run = ["run", str(made.cells), "--output", str(output), "--quiet", *FEW_STEPS]
    kept = folder / "kept.h5ad"
    shutil.copy(made.result, kept)
    page = ["report", str(made.result), "--html", str(folder / "page.html"), "--quiet"]
    mapped = ["map", str(made.model), str(made.cells), "--output", str(output), "--quiet"]
    calls = [
        [*run, "--n-clusters", "3", "--seed", number],
        [
            *run,
            "--n-clusters",
            "3",
            "--batch-size",
            str(rng.choice([*range(2, 16), "auto", "full", "x", "²"])),
        ],
        [*run, "--n-clusters", number],
        [*run, "--n-clusters", "3", "--memory", number],
        [*run, "--n-clusters", "3", "--checkpoint-every", number],
        [*run, "--n-clusters", "3", "--batch-key", str(rng.choice(["domain", "slide", "none", ""]))],
        [*run, "--layer", number],
        [*run, "--table", number],
        [*run, "--n-clusters", "3", "--values", str(rng.choice(["counts", "normalized", "log", "scaled"]))],
        [
            *run,
            "--n-clusters",
            "2",
            "--preset",
            "paper",
            "--max-epochs",
            number if number.startswith("-") else "2",
        ],
        [*run, "--device", "cuda"],
        ["cluster", str(kept), "--n-clusters", f"{number},2", "--quiet"],
        ["cluster", str(kept), "--resolution", number, "--quiet"],
        ["cluster", str(kept), "--estimate", "--seed", number, "--quiet"],
        [*page, "--n-genes", number],
        [*page, "--groupby", str(rng.choice(["domain", "none", "", "scrcl_3", "slide"]))],
        [*page, "--batch-key", str(rng.choice(["domain", "none", "", "scrcl"]))],
        [*page, "--title", str(rng.choice(["", "\udcff", "<b>" * 1000, "\0"]))],
        [*mapped, "--seed", number],
        [*mapped, "--batch-key", str(rng.choice(["domain", "slide", "none"]))],
        [*mapped, "--layer", number],
        ["info", str(made.cells), "--layer", number],
    ]
    return Call(calls[rng.integers(len(calls))], "settings")


def paths(made, folder, rng):
    """An argument that names something odd."""
    odd = odd_path(folder, rng)
    sound = {
        "cells": str(made.cells),
        "model": str(made.model),
        "result": str(made.result),
        "output": str(folder / "out.h5ad"),
        "page": str(folder / "page.html"),
    }
    name = str(rng.choice(list(sound)))
    sound[name] = odd
    if name == "output" and rng.random() < 0.5:
        sound[name] = odd_path(folder / "sub", rng, ".h5ad")
    calls = {
        "cells": [run_of(sound), map_of(sound), ["info", sound["cells"]]],
        "model": [map_of(sound), [*run_of(sound), "--save-model", sound["model"]]],
        "result": [report_of(sound), ["cluster", sound["result"], "--n-clusters", "2", "--quiet"]],
        "output": [run_of(sound), map_of(sound)],
        "page": [report_of(sound)],
    }[name]
    return Call(calls[rng.integers(len(calls))], f"{name} {odd[-60:]!r}", as_nobody(odd))


def locks(made, folder, rng):
    """Something else in the place of the files that a run keeps beside its output."""
    output = folder / "out.h5ad"
    at = folder / str(rng.choice([".out.h5ad.lock", ".out.h5ad.checkpoint", ".out.h5ad.checkpoint.part"]))
    kind = ["fifo", "folder", "loop", "dangling", "unreadable", "full"][rng.integers(6)]
    if kind == "fifo":
        os.mkfifo(at)
    elif kind == "folder":
        at.mkdir()
        (at / "mine").write_text("mine")
    elif kind == "loop":
        at.symlink_to(at)
    elif kind == "dangling":
        at.symlink_to(folder / "gone" / "further")
    elif kind == "full":
        at.symlink_to("/dev/full")
    else:
        at.write_text("mine")
        at.chmod(0)
    arguments = ["run", str(made.cells), "--output", str(output), "--n-clusters", "2", "--quiet", *FEW_STEPS]
    extra = [[], ["--resume"], ["--checkpoint-every", "0"]][rng.integers(3)]
    return Call([*arguments, *extra], f"{at.name} {kind}")


def run_of(sound):
    return ["run", sound["cells"], "--output", sound["output"], "--n-clusters", "2", "--quiet", *FEW_STEPS]


def map_of(sound):
    return ["map", sound["model"], sound["cells"], "--output", sound["output"], "--quiet"]


def report_of(sound):
    return ["report", sound["result"], "--html", sound["page"], "--quiet"]


def odd_path(folder, rng, suffix=""):
    """A path that is no plain file, and what is there."""
    folder.mkdir(exist_ok=True)
    at = folder / f"odd{suffix}"
    kinds = ["fifo", "folder", "loop", "dangling", "long", "longest", "bytes", "line", "empty", "dot", "null"]
    kinds += [
        "full",
        "tty",
        "memory",
        "socket",
        "nul",
        "below",
        "unreadable",
        "unsearchable",
        "slash",
        "dash",
    ]
    kinds += ["loops", "zero", "space", "itself"]
    kind = str(rng.choice(kinds))
    if kind == "fifo":
        os.mkfifo(at)
    elif kind == "folder":
        at.mkdir()
    elif kind == "loop":
        at.symlink_to(at)
    elif kind == "loops":
        at.symlink_to(folder / "back")
        (folder / "back").symlink_to(at)
    elif kind == "dangling":
        at.symlink_to(folder / "gone" / "further")
    elif kind == "long":
        return str(folder / ("x" * int(rng.integers(230, 300)) + suffix))
    elif kind == "longest":
        return str(folder / "/".join(["x" * 200] * 30))
    elif kind == "bytes":
        return str(folder / f"\udcff\udcfe{suffix}")
    elif kind == "line":
        return str(folder / f"two\nlines{suffix}")
    elif kind == "socket":
        import socket

        socket.socket(socket.AF_UNIX).bind(str(at)[-100:] if len(str(at)) < 100 else str(folder.parent / "s"))
    elif kind == "below":
        at.write_text("a file")
        return str(at / f"below{suffix}")
    elif kind == "unreadable":
        at.write_text("secret")
        at.chmod(0)
    elif kind == "unsearchable":
        at.mkdir()
        (at / f"in{suffix}").write_text("a,b\nc,1\n")
        at.chmod(0)
        return str(at / f"in{suffix}")
    elif kind == "itself":
        return str(folder / "out.h5ad")
    devices = {"null": "/dev/null", "full": "/dev/full", "tty": "/dev/tty", "zero": "/dev/zero"}
    other = {"memory": "/proc/self/mem", "nul": "a\0b", "slash": f"{folder}/", "space": f"{folder}/ {suffix}"}
    names = {"empty": "", "dot": ".", "dash": "-"}
    return (devices | other | names).get(kind, str(at))


def as_nobody(path):
    """Root may read everything: what is not to be read is tried by somebody else."""
    if os.getuid() or not {"odd", "in", "in.h5ad", "odd.h5ad"} & {Path(path.replace("\0", "")).name}:
        return lambda: None
    return lambda: os.seteuid(65534)


def streams(made, folder, rng):
    """Standard output or error closed, full, or in another language; a folder that is gone."""
    output, page = str(folder / "out.h5ad"), str(folder / "page.html")
    shutil.copy(made.result, folder / "kept.h5ad")
    calls = [
        ["info", str(made.cells)],
        ["run", str(made.cells), "--output", output, "--n-clusters", "2", *FEW_STEPS],
        ["map", str(made.model), str(made.cells), "--output", output],
        ["report", str(made.result), "--html", page],
        ["cluster", str(folder / "kept.h5ad"), "--n-clusters", "2"],
        ["info", str(folder / "\udcff")],
        ["info", str(folder / "ünïcode")],
        ["--help"],
        ["run", "--help"],
        ["--version"],
        [],
        ["nothing"],
    ]
    states = [closed_output, full_output, broken_pipe, closed_error, ascii_alone, gone, no_home]
    prepare = states[rng.integers(len(states))]
    return Call(calls[rng.integers(len(calls))], prepare.__name__, prepare)


_HELD = []  # a stream that nobody holds closes its file


def closed_output():
    _HELD.append(sys.stdout)
    sys.stdout = None
    os.close(1)


def full_output():
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)


def broken_pipe():
    reading, writing = os.pipe()
    os.close(reading)
    os.dup2(writing, 1)


def closed_error():
    _HELD.append(sys.stderr)
    sys.stderr = None
    os.close(2)


def ascii_alone():
    """What LANG=C is without UTF-8 mode."""
    _HELD.extend([sys.stdout, sys.stderr])
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb"), encoding="ascii", errors="strict")
    sys.stderr = io.TextIOWrapper(os.fdopen(2, "wb"), encoding="ascii", errors="backslashreplace")


def gone():
    import tempfile

    here = tempfile.mkdtemp()
    os.chdir(here)
    Path(here).rmdir()


def no_home():
    os.environ.pop("HOME", None)
    os.environ["TMPDIR"] = "/nowhere"
