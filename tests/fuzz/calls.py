"""Hostile or odd calls of the command line, each in a fork of its own: how it ended and what it said."""

import logging
import os
import resource
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

import scrcl_geo as sg
from scrcl_geo import _pipeline, cli  # noqa: F401 - a fork finds them imported

LIMIT = 600.0  # seconds, after which a call hangs, on a busy machine too
FAULTS = ("bug", "crash", "hang", "traceback", "not one line")
FEW_STEPS = ["--max-epochs", "6"]  # what is trained on forty cells is not looked at
MEMORY = 16e9  # bytes of addresses; what asks for more fails instead of taking the machine


@dataclass
class Call:
    """Arguments of the command line, what was made odd, and what the process does before it starts."""

    arguments: list[str]
    what: str
    prepare: Callable[[], object] = lambda: None


@dataclass
class Made:
    """Sound files that cases start from."""

    cells: Path
    result: Path
    model: Path
    checkpoint: Path

    @classmethod
    def at(cls, folder):
        made = cls(*(folder / name for name in ("cells.h5ad", "result.h5ad", "model", "checkpoint")))
        sg.datasets.toy(n_slides=1, n_cells=40, n_genes=50).write_h5ad(made.cells)
        command = ["run", str(made.cells), "--output", str(made.result), "--n-clusters", "3", "--quiet"]
        command += FEW_STEPS
        kept = []
        save = sg.train.Checkpoint.save

        def keep(self, state, learning_rate):
            save(self, state, learning_rate)
            kept.append(self.path.read_bytes())

        sg.train.Checkpoint.save = keep
        try:
            assert cli.main([*command, "--save-model", str(made.model), "--checkpoint-every", "0"]) == 0
        finally:
            sg.train.Checkpoint.save = save
        made.checkpoint.write_bytes(kept[3])
        assert cli.main(["cluster", str(made.result), "--n-clusters", "3,4", "--quiet"]) == 0
        # a fork finds compiled what lays cells out, and mostly a layout
        assert cli.main(["report", str(made.result), "--html", str(folder / "page.html"), "--quiet"]) == 0
        adata = sg.read(made.result)
        adata.obsm["X_scrcl_umap"] = adata.obsm["X_scrcl_pca"][:, :2]
        adata.write_h5ad(made.result)
        return made


@dataclass
class Ending:
    """Exit status (negative for a signal, None for a hang), what was said, and seconds."""

    code: int | None
    error: str
    seconds: float
    unheard: bool = False

    @property
    def fault(self):
        """What is wrong with it, or nothing."""
        if self.code is None:
            return "hang"
        if self.code not in (0, 2):
            return "crash" if self.code < 0 else "bug"
        if "Traceback" in self.error:
            return "traceback"
        said = [line.startswith("scrcl-geo") for line in self.error.splitlines()]
        if self.code == 2 and not self.unheard and (sum(said) != 1 or not said[-1]):
            return "not one line"
        return ""


def end(call, folder):
    """Start a call in a fork and wait for it."""
    said = folder / "stderr"
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            code = _inside(call, said)
        finally:
            os._exit(code)
    while time.monotonic() - start < LIMIT:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        time.sleep(0.005)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return Ending(None, said.read_text(errors="replace"), LIMIT)
    code, seconds = os.waitstatus_to_exitcode(status), time.monotonic() - start
    return Ending(code, said.read_text(errors="replace"), seconds, call.what == "closed_error")


def _inside(call, said):
    """The fork: a process as a shell starts it, whatever its parent was made to do."""
    logging.disable(logging.NOTSET)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    sys.stdout, sys.stderr = (
        os.fdopen(n, "w", errors=how) for n, how in ((1, "strict"), (2, "backslashreplace"))
    )
    warnings.resetwarnings()
    warnings.simplefilter("default")
    resource.setrlimit(resource.RLIMIT_AS, (int(MEMORY), int(MEMORY)))
    threadpool_limits(1)  # threads of the parent are not there
    tqdm.set_lock(threading.RLock())  # its own one is shared with forks, and one may have died with it
    os.chdir(said.parent)  # a path such as "-" is made there
    call.prepare()
    sys.argv = ["scrcl-geo", *call.arguments]
    try:
        cli.console()
    except SystemExit as error:
        return int(error.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        if sys.stderr is not None:
            sys.stderr.flush()
    return 1


def make(number, groups, made, folder, seed=0):
    """Case ``number`` of a seed: the same one each time, the groups one after the other."""
    rng = np.random.default_rng([seed, number])
    names = list(groups)
    name = names[number % len(names)]
    return name, groups[name](made, folder, rng)
