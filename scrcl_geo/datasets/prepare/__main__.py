"""``python -m scrcl_geo.datasets.prepare FORMAT FILE... --output OUT.h5ad``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from scrcl_geo import _validate
from scrcl_geo._files.atomic import check_writable, write_h5ad
from scrcl_geo.datasets.prepare._run import FORMATS, prepare


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns 0 when done and 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m scrcl_geo.datasets.prepare")
    parser.add_argument("format", choices=FORMATS)
    parser.add_argument("files", nargs="+", metavar="FILE", help="as published, in the converter's order")
    parser.add_argument("--output", required=True, metavar="OUT.h5ad")
    parser.add_argument("--label", metavar="COL", help="published column with the annotation")
    arguments = parser.parse_args(argv)
    options = {"label": arguments.label} if arguments.label else {}
    try:
        check_writable(arguments.output)
        adata = prepare(arguments.format, arguments.files, **options)
        write_h5ad(adata, arguments.output)
    except _validate.ScrclInputError as error:
        sys.stderr.write(f"prepare: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
