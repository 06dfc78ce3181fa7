"""``scrcl-geo run``: embed, cluster and rank genes."""

from __future__ import annotations

import argparse
import logging
import os
from pathlib import Path
from typing import Any

from scrcl_geo import _validate

logger = logging.getLogger(__name__)


def add(commands: Any) -> None:
    """State the arguments."""
    command = commands.add_parser("run", help="embed, cluster and rank genes")
    command.set_defaults(command=run)
    command.add_argument("input", metavar="INPUT", help=".h5ad, .zarr, SpatialData, 10x, Xenium, .csv")
    command.add_argument("--output", metavar="OUT.h5ad", required=True, help="written whole or not at all")
    command.add_argument("--n-clusters", type=int, metavar="K", help="estimated where not given")
    command.add_argument(
        "--spatial",
        choices=("auto", "yes", "no"),
        default="auto",
        help="use obsm['spatial']: where it is there, always, never",
    )
    command.add_argument("--layer", metavar="NAME", help="layer to read instead of X")
    command.add_argument(
        "--values",
        choices=("auto", "counts", "normalized", "log", "scaled"),
        default="auto",
        help="what the matrix holds; told by the numbers where not stated",
    )
    command.add_argument("--batch-key", metavar="COL", help="column of obs with the sample or slide")
    command.add_argument("--table", metavar="NAME", help="table of a SpatialData object")
    command.add_argument("--units", choices=("pixels", "microns"), help="of coordinates that do not tell")
    command.add_argument("--save-model", metavar="DIR", help="keep the model there, for scrcl-geo map")
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    command.add_argument("--preset", choices=("default", "paper"), default="default")
    command.add_argument(
        "--batch-size", type=_batch_size, default="auto", metavar="auto|full|CELLS", help="of training"
    )
    command.add_argument("--memory", type=float, metavar="GB", help="budget that batches are made to fit")
    command.add_argument("--resume", action="store_true", help="go on with a run that was cut off")
    command.add_argument(
        "--checkpoint-every", type=float, default=120.0, metavar="SECONDS", help="of training; for --resume"
    )
    command.add_argument("--quiet", action="store_true", help="print errors only")


def run(arguments: argparse.Namespace) -> None:
    """Do it."""
    from scrcl_geo import _pipeline
    from scrcl_geo._files import atomic
    from scrcl_geo._files.probe import check
    from scrcl_geo._files.readers import read
    from scrcl_geo._pipeline.summary import summarize
    from scrcl_geo.train import Checkpoint

    if arguments.n_clusters is not None:
        _validate.at_least("--n-clusters", arguments.n_clusters, 2)
    output = Path(arguments.output)
    atomic.check_h5ad(output)
    checkpoint = output.with_name(f".{output.name}.checkpoint")
    atomic.check_writable(checkpoint)
    atomic.remove_partial(output)
    if not arguments.resume:
        checkpoint.unlink(missing_ok=True)
    elif not checkpoint.exists():
        logger.warning("there is no checkpoint of %s; the run starts anew", output)
    if arguments.save_model is not None:
        _check_model(arguments.save_model, arguments.preset)
        if os.path.realpath(arguments.save_model) == os.path.realpath(output):
            raise _validate.fail("--save-model names the output", f"{output}", "choose another folder")
    seconds: dict[str, float] = {}
    with _pipeline.timed("read", seconds):
        check(arguments.input, read)
        adata = read(arguments.input, table=arguments.table, units=arguments.units)
    job = _pipeline.Job(
        n_clusters=arguments.n_clusters,
        layer=arguments.layer,
        values=arguments.values,
        spatial=arguments.spatial,
        batch_key=arguments.batch_key,
        preset=arguments.preset,
        seed=arguments.seed,
        device=arguments.device,
        progress=not arguments.quiet,
        batch_size=arguments.batch_size,
        memory=arguments.memory,
    )
    model, spent = _pipeline.run(
        adata, job, checkpoint=Checkpoint(checkpoint, every=arguments.checkpoint_every)
    )
    seconds |= spent
    with _pipeline.timed("write", seconds):
        atomic.write_h5ad(adata, output)
    checkpoint.unlink(missing_ok=True)
    if arguments.save_model is not None:
        with _pipeline.timed("save", seconds):
            model.remember(adata, seed=arguments.seed).save(arguments.save_model)
    if not arguments.quiet:
        print(summarize(adata, seconds))
        print(f"written: {arguments.output}")


def _batch_size(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def _check_model(folder: str, preset: str) -> None:
    from scrcl_geo._files import atomic

    if preset == "paper":
        raise _validate.fail(
            "--save-model is not for --preset paper",
            "a refinement that knows its training cells alone",
            "take the default preset",
        )
    atomic.check_folder(folder)
