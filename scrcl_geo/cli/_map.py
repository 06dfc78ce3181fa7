"""``scrcl-geo map``: new cells in the clusters of a saved model."""

from __future__ import annotations

import argparse
from typing import Any


def add(commands: Any) -> None:
    """State the arguments."""
    command = commands.add_parser("map", help="new cells in the clusters of a saved model")
    command.set_defaults(command=run)
    command.add_argument("model", metavar="DIR", help="what run --save-model wrote")
    command.add_argument("input", metavar="NEW", help="anything that run reads")
    command.add_argument(
        "--output", metavar="MAPPED", required=True, help=".h5ad or .zarr; written whole or not at all"
    )
    command.add_argument("--layer", metavar="NAME", help="layer to read instead of X")
    command.add_argument("--batch-key", metavar="COL", help="column of obs with the sample or slide")
    command.add_argument("--table", metavar="NAME", help="table of a SpatialData object")
    command.add_argument("--seed", type=int, default=0, help="of all that is drawn at random (default 0)")
    command.add_argument("--quiet", action="store_true", help="print errors only")


def run(arguments: argparse.Namespace) -> None:
    """Do it."""
    import numpy as np
    import pandas as pd

    from scrcl_geo import _keys, tl
    from scrcl_geo._files.output import check_output, write_output
    from scrcl_geo._files.probe import check
    from scrcl_geo._files.readers import read
    from scrcl_geo._files.streamed import StreamedCells, streams
    from scrcl_geo._pipeline.map_file import map_file
    from scrcl_geo._pipeline.summary import table
    from scrcl_geo.model import ScRCL
    from scrcl_geo.tl._map import remembered

    check_output(arguments.output)
    model = ScRCL.load(arguments.model)
    check(arguments.input, read)
    columns = () if arguments.batch_key is None else (arguments.batch_key,)
    in_blocks = not remembered(model).in_space and streams(
        arguments.input, arguments.output, layer=arguments.layer, columns=columns
    )
    if in_blocks:
        with StreamedCells.opened(arguments.input, layer=arguments.layer, columns=columns) as cells:
            found = map_file(
                cells, model, arguments.output, batch_key=arguments.batch_key, seed=arguments.seed
            )
    else:
        adata = read(arguments.input, table=arguments.table)
        tl.map(adata, model, layer=arguments.layer, batch_key=arguments.batch_key, seed=arguments.seed)
        write_output(adata, arguments.output, source=arguments.input, table=arguments.table)
        found = {_keys.MAPPING: adata.uns[_keys.MAPPING], **adata.obs}
    if arguments.quiet:
        return
    mapping, clusters = found[_keys.MAPPING], pd.Series(found[_keys.CLUSTERS])
    n_missing, samples = len(mapping["missing"]), mapping["samples"]
    rows = [
        ("cells", f"{len(clusters):,}"),
        ("genes", f"{mapping['n_genes'] - n_missing:,} of the model's {mapping['n_genes']:,}"),
        ("unlike training", f"{mapping['n_unknown']:,} cells, flagged in obs['scrcl_unknown']"),
        *(
            ("unlike as a whole", f"sample {name}" if name else "all of it")
            for name in samples["sample"][samples["unlike"]]
        ),
        ("confidence", f"{np.median(found['scrcl_confidence']):.2f} in the median cell"),
        *((f"cluster {name}", f"{n:>7,}") for name, n in clusters.value_counts(sort=False).items()),
    ]
    print(table(rows))
    print(f"written: {arguments.output}")
