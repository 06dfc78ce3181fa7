"""Download the published sets of suites and keep them as the files that ``run.py`` reads.

    python benchmarks/fetch.py unseen_cells unseen_spatial --output ../unseen
    python benchmarks/run.py unseen_cells --data ../unseen

Sets that are in the folder stay as they are.
"""

import argparse
import tomllib
from pathlib import Path

from run import sets_of

from scrcl_geo import datasets

HERE = Path(__file__).parent


def main():
    """One ``.h5ad`` per set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suites", nargs="+")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    for suite in arguments.suites:
        for name in sets_of(tomllib.loads((HERE / "suites" / f"{suite}.toml").read_text())):
            path = arguments.output / f"{name}.h5ad"
            if not path.exists():
                datasets.load(name).write_h5ad(path)
                print(path, flush=True)


if __name__ == "__main__":
    main()
