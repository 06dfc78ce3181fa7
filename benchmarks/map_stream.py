"""Mapping files of growing size by blocks: seconds, peak memory of the process and of its children, ARI.

    python benchmarks/map_stream.py 100000 500000 --folder scaling

A model of 20,000 cells maps files of the counts that ``scaling.py`` draws, with another draw of cells.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

from scaling import N_TYPES, agreement, write_counts

N_TRAINING = 20_000
RESULTS = Path(__file__).parent / "results" / "map_stream.md"
CHILD = (
    "import json, resource, sys; from scrcl_geo.cli import main; code = main(sys.argv[1:]);"
    "peaks = [resource.getrusage(who).ru_maxrss / 1e6 for who in"
    " (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)];"
    "print(json.dumps({'code': code, 'peaks': peaks}))"
)


def command(*arguments: object) -> dict[str, object]:
    """Run the command line in a process of its own; seconds and peaks in GB."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHILD, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    if found["code"]:
        sys.exit(done.stderr)
    return {"seconds": time.perf_counter() - start, **found}


def main() -> None:
    """Train once, map each size, write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="+", type=int)
    parser.add_argument("--folder", type=Path, default=Path("scaling"))
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    folder = arguments.folder
    folder.mkdir(exist_ok=True)
    training, model, mapped = folder / "training.h5ad", folder / "model", folder / "mapped.h5ad"
    if not model.exists():
        write_counts(training, N_TRAINING)
        known = folder / "known.h5ad"
        command("run", training, "--output", known, "--n-clusters", N_TYPES, "--save-model", model)
    rows = []
    for n_cells in arguments.sizes:
        source = folder / f"{n_cells}.h5ad"
        if not source.exists():
            write_counts(source, n_cells)
        found = command("map", model, source, "--output", mapped, "--quiet")
        own, children = found["peaks"]
        bytes_on_disk = source.stat().st_size / 1e9
        cells = [f"{n_cells:,}", f"{bytes_on_disk:.2f}", f"{found['seconds']:.0f}"]
        cells += [f"{own:.2f}", f"{children:.2f}", f"{agreement(mapped):.3f}"]
        rows.append("| " + " | ".join(cells) + " |")
        print(rows[-1], flush=True)
        mapped.unlink()
    threads = os.environ.get("OMP_NUM_THREADS", os.cpu_count())
    names = ("torch", "anndata", "h5py", "scikit-learn")
    lines = [
        "# Mapping by blocks",
        "",
        f"`python benchmarks/map_stream.py {' '.join(map(str, arguments.sizes))}`; {platform.machine()}, "
        f"{threads} thread(s); {', '.join(f'{name} {version(name)}' for name in names)}. "
        f"The model is of {N_TRAINING:,} cells. Children: the process that tries to read the file.",
        "",
        "| cells | GB on disk | seconds | peak GB | peak GB of children | ARI with the planted types |",
        "|---:|---:|---:|---:|---:|---:|",
        *rows,
    ]
    arguments.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
