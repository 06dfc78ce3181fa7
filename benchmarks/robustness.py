"""Random inputs and damaged files: each works or is refused with one line; crashes and hangs are counted.

    python benchmarks/robustness.py --inputs 5000 --files 500

Inputs are random AnnData, run from graph to associations. Damaged files are read by the command line in a
process of their own, so that a crash of a library is seen and not suffered.
"""

from __future__ import annotations

import argparse
import collections
import logging
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "tests"), str(HERE.parent / "tests" / "files")]
warnings.filterwarnings("ignore")

from fuzz.files import DAMAGES, damaged  # noqa: E402
from fuzz.inputs import inputs  # noqa: E402
from fuzz.test_inputs import outcome  # noqa: E402
from hypothesis import HealthCheck, given, seed, settings  # noqa: E402
from readers import make  # noqa: E402

from scrcl_geo import _pipeline  # noqa: E402, F401 - a fork finds it imported
from scrcl_geo.cli import main as command  # noqa: E402

LIMIT = 60  # seconds
Count = collections.Counter


def random_inputs(n: int, start: int) -> Count:
    """Outcomes of random AnnData."""
    count = Count()

    @seed(start)
    @settings(max_examples=n, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(inputs())
    def run(made):
        adata, how, kind = made
        signal.alarm(LIMIT)
        try:
            count[outcome(adata.copy() if adata.is_view else adata, how)] += 1
        except TimeoutError:
            count["hang"] += 1
        except Exception as error:
            what = "silent NaN" if isinstance(error, AssertionError) else "crash"
            count[what] += 1
            print(what, how, kind, repr(error)[:200], flush=True)
        finally:
            signal.alarm(0)

    run()
    return count


def damaged_files(n: int, start: int, folder: Path) -> Count:
    """Outcomes of ``scrcl-geo run`` on damaged files of every format, damage spread over all their bytes."""
    rng = np.random.default_rng(start)
    sources = make_files(folder)
    rounds = -(-n // len(sources))
    places = [(rng.permutation(rounds) + rng.random(rounds)) / rounds for _ in sources]
    count = Count()
    for i in range(n):
        source, turn = sources[i % len(sources)], i // len(sources)
        kind = DAMAGES[turn % len(DAMAGES)]
        broken = folder / f"broken{source.suffix}"
        damage(source, broken, kind, places[i % len(sources)][turn], rng)
        code = in_fork(
            ["run", str(broken), "--output", str(folder / "out.h5ad"), "--n-clusters", "2", "--quiet"]
        )
        what = {0: "worked", 2: "refused", None: "hang"}.get(code, "crash")
        count[what] += 1
        if what in ("hang", "crash"):
            print(what, source.name, kind, code, flush=True)
        shutil.rmtree(broken) if broken.is_dir() else broken.unlink()
    return count


def make_files(folder: Path) -> list[Path]:
    """A small sound file or folder of each format."""
    adata = make.cells()
    adata.write_h5ad(folder / "sound.h5ad")
    adata.write_h5ad(folder / "packed.h5ad", compression="gzip")
    adata.to_df().to_csv(folder / "sound.csv")
    adata.write_zarr(folder / "sound.zarr")
    made = [folder / name for name in ("sound.h5ad", "packed.h5ad", "sound.csv", "sound.zarr")]
    return [
        *made,
        make.tenx_h5(adata, folder / "tenx.h5"),
        make.mtx(adata, folder / "mtx"),
        make.visium(adata, folder / "visium"),
        make.xenium(adata, folder / "xenium"),
        make.spatialdata(adata, folder / "spatialdata.zarr"),
    ]


def damage(source: Path, broken: Path, kind: str, where: float, rng: np.random.Generator) -> None:
    """A copy with one damage: in a folder, to the file that the position falls into."""
    if source.is_file():
        broken.write_bytes(damaged(source.read_bytes(), kind, where, rng))
        return
    shutil.copytree(source, broken)
    files = sorted(path for path in broken.rglob("*") if path.is_file() and path.stat().st_size)
    at = where * len(files)
    chosen = files[int(at)]
    chosen.write_bytes(damaged(chosen.read_bytes(), kind, at % 1, rng))


def in_fork(arguments: list[str]) -> int | None:
    """Exit status of the command line; negative for a signal, None where it does not end."""
    child = os.fork()
    if child == 0:
        sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - until the fork ends
        try:
            os._exit(command(arguments))
        except BaseException:
            os._exit(1)
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def stop(number: int, frame: object) -> None:
    """A run that hangs."""
    raise TimeoutError


def lost(outcomes: dict[str, Count]) -> list[str]:
    """What neither worked nor was refused, one line per kind; none where all is well."""
    return [
        f"{kind}: {count[what]} {what}"
        for kind, count in outcomes.items()
        for what in sorted(count)
        if what not in ("worked", "refused") and count[what]
    ]


def main() -> int:
    """Provoke and count; 1 where something crashed, hung or gave NaN."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=5000)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=HERE / "results" / "robustness.md")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGALRM, stop)
    both = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork"))
    with tempfile.TemporaryDirectory() as name, both:
        files = both.submit(damaged_files, arguments.files, arguments.seed, Path(name))
        made = both.submit(random_inputs, arguments.inputs, arguments.seed)
        outcomes = {"random AnnData": made.result(), "damaged files": files.result()}
    columns = ["worked", "refused", "crash", "hang", "silent NaN"]
    lines = [
        "# Random inputs and damaged files",
        "",
        f"`benchmarks/robustness.py --inputs {arguments.inputs} --files {arguments.files}`; "
        f"a hang is a run of over {LIMIT} s.",
        "",
        "| kind | number | worked | refused with one line | crashes | hangs | silent NaN |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for kind, count in outcomes.items():
        cells = " | ".join(str(count[column]) for column in columns)
        lines.append(f"| {kind} | {count.total()} | {cells} |")
    arguments.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    losses = lost(outcomes)
    print(*losses, sep="\n", file=sys.stderr)
    return 1 if losses else 0


if __name__ == "__main__":
    sys.exit(main())
