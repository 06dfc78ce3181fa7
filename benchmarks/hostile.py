"""Hostile or odd calls of the command line: each works or is refused with one line; the rest is counted.

    python benchmarks/hostile.py --calls 1500

The groups are in tests/fuzz: saved models and checkpoints that somebody else wrote, outputs of a run that
were written over, odd paths, streams and settings, files of every format that say what is not so, and cells
that are hardly any. Every call is a fork of its own, so that a crash is seen and not suffered.
"""

from __future__ import annotations

import argparse
import collections
import logging
import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

os.environ["NUMBA_THREADING_LAYER"] = "workqueue"  # the one that forks
os.environ.setdefault("OMP_NUM_THREADS", "1")
HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests"), str(HERE.parent / "tests" / "files")]
warnings.filterwarnings("ignore")

from fuzz import calls  # noqa: E402
from fuzz.groups import GROUPS  # noqa: E402

ENDINGS = ("worked", "refused", *calls.FAULTS)


def survey(n: int, seed: int, folder: Path) -> dict[str, collections.Counter[str]]:
    """How the calls of each group ended; what should not be is printed with its number."""
    made = folder / "made"
    made.mkdir()
    sound = calls.Made.at(made)
    found: dict[str, collections.Counter[str]] = {name: collections.Counter() for name in GROUPS}
    for number in range(n):
        place = folder / str(number)
        place.mkdir()
        place.chmod(0o777)
        name, call = calls.make(number, GROUPS, sound, place, seed)
        ending = calls.end(call, folder)
        how = ending.fault or ("refused" if ending.code else "worked")
        found[name][how] += 1
        if ending.fault:
            print(
                f"{number} {name}: {how}, {call.what}, {call.arguments}\n{ending.error[-2000:]}", flush=True
            )
        shutil.rmtree(place, ignore_errors=True)
    return found


def page(found: dict[str, collections.Counter[str]], command: str) -> str:
    """The table as Markdown."""
    rows = list(found.items())
    rows.append(("all", sum((count for _, count in rows), collections.Counter())))
    lines = [
        "# Hostile and odd calls",
        "",
        f"`{command}`; a hang is a call of over {calls.LIMIT:.0f} s.",
        "",
        f"| group | calls | {' | '.join(ENDINGS)} |",
        f"|---|---:|{'---:|' * len(ENDINGS)}",
    ]
    for name, count in rows:
        lines.append(f"| {name} | {count.total()} | {' | '.join(str(count[how]) for how in ENDINGS)} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Call and count; 1 where one neither worked nor was refused with one line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=HERE / "results" / "hostile.md")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        found = survey(arguments.calls, arguments.seed, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text = page(found, f"benchmarks/hostile.py --calls {arguments.calls} --seed {arguments.seed}")
    arguments.output.write_text(text, encoding="utf-8")
    print(text)
    return int(any(count[how] for count in found.values() for how in calls.FAULTS))


if __name__ == "__main__":
    sys.exit(main())
