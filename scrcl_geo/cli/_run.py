"""``scrcl-geo run``: embed, cluster and rank genes."""

from __future__ import annotations

import argparse
import logging
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrcl_geo import _keys, _validate
from scrcl_geo.cli import _cores, _dask, _sources
from scrcl_geo.cli._ranks import is_first, joined

if TYPE_CHECKING:
    from scrcl_geo.train import Ranks

logger = logging.getLogger(__name__)

# options that the file would not tell otherwise, for the command that the report shows
_RECORDED = ("table", "units", "dataset", "max_epochs")


def add(commands: Any) -> None:
    """State the arguments."""
    command = commands.add_parser("run", help="embed, cluster and rank genes")
    command.set_defaults(command=run)
    _sources.add(command)
    command.add_argument(
        "--output", metavar="OUT", required=True, help=".h5ad or .zarr; written whole or not at all"
    )
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
    command.add_argument("--seed", type=int, default=0, help="of all that is drawn at random (default 0)")
    command.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    command.add_argument("--preset", choices=("default", "paper"), default="default")
    command.add_argument(
        "--dataset",
        metavar="NAME",
        help="with --preset paper: take its settings for this set, such as 151673",
    )
    command.add_argument("--max-epochs", type=int, metavar="N", help="of training, instead of the preset's")
    command.add_argument(
        "--batch-size", type=_batch_size, default="auto", metavar="auto|full|CELLS", help="of training"
    )
    command.add_argument(
        "--memory",
        type=float,
        metavar="GB",
        help="budget that batches are made to fit, and that Dask workers share",
    )
    command.add_argument(
        "--nproc", type=int, default=1, metavar="N", help="processes that share the training"
    )
    _dask.add(command)
    command.add_argument("--resume", action="store_true", help="go on with a run that was cut off")
    command.add_argument(
        "--checkpoint-every", type=float, default=120.0, metavar="SECONDS", help="of training; for --resume"
    )
    command.add_argument("--quiet", action="store_true", help="print errors only")


def run(arguments: argparse.Namespace) -> None:
    """Do it; a process that shares the training of another does that alone."""
    _validate.at_least("--nproc", arguments.nproc, 1)
    _sources.check(arguments)
    if is_first():
        _check(arguments)
    with joined(arguments.nproc, arguments.argv) as ranks:
        if ranks is None or ranks.rank == 0:
            _run(arguments, ranks)
        else:
            from scrcl_geo.model import take_part

            take_part(ranks)


def _run(arguments: argparse.Namespace, ranks: Ranks | None) -> None:
    from scrcl_geo import _pipeline
    from scrcl_geo._features.rows import on_disk
    from scrcl_geo._files import atomic
    from scrcl_geo._files.output import write_output
    from scrcl_geo._pipeline.summary import summarize
    from scrcl_geo.train import Checkpoint

    output = Path(arguments.output)
    checkpoint = output.with_name(f".{output.name}.checkpoint")
    atomic.check_writable(checkpoint)
    atomic.remove_partial(output)
    if not arguments.resume:
        checkpoint.unlink(missing_ok=True)
    elif not checkpoint.exists():
        logger.warning("there is no checkpoint of %s; the run starts anew", output)
    job = _pipeline.Job(
        n_clusters=arguments.n_clusters,
        layer=arguments.layer,
        values=arguments.values,
        spatial=arguments.spatial,
        batch_key=arguments.batch_key,
        preset=arguments.preset,
        dataset=arguments.dataset,
        max_epochs=arguments.max_epochs,
        seed=arguments.seed,
        device=arguments.device,
        progress=not arguments.quiet,
        batch_size=arguments.batch_size,
        memory=arguments.memory,
    )
    keep = Checkpoint(checkpoint, every=arguments.checkpoint_every)
    if arguments.resume:
        _cores.go_on_with(keep.noted().get("threads"))
    keep.notes["threads"] = _cores.threads_in_use()
    seconds: dict[str, float] = {}
    with ExitStack() as until_written:
        with _pipeline.timed("read", seconds):
            adata, source = until_written.enter_context(_sources.cells(arguments))
        matrix = adata.layers.get(arguments.layer) if arguments.layer else adata.X
        with _dask.at_work(arguments, needed=on_disk(matrix)):
            model, spent = _pipeline.run(adata, job, checkpoint=keep, ranks=ranks)
        seconds |= spent
        said = {name: value for name, value in vars(arguments).items() if name in _RECORDED}
        told = {name: value for name, value in said.items() if value is not None}
        adata.uns[_keys.RESULTS] |= {**told, **_sources.recorded(arguments)}
        with _pipeline.timed("write", seconds):
            write_output(adata, output, source=source, table=arguments.table)
        checkpoint.unlink(missing_ok=True)
        if arguments.save_model is not None and adata.obs[_keys.CLUSTERS].nunique() < 2:
            logger.warning("no model was kept: one cluster leaves nothing to map new cells to")
        elif arguments.save_model is not None:
            with _pipeline.timed("save", seconds):
                model.remember(adata, seed=arguments.seed).save(arguments.save_model)
    if not arguments.quiet:
        print(summarize(adata, seconds))
        print(f"written: {arguments.output}")


def _batch_size(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def _check(arguments: argparse.Namespace) -> None:
    """What can be refused before any work is."""
    from scrcl_geo._files import atomic
    from scrcl_geo._files.output import check_output

    if arguments.n_clusters is not None:
        _validate.at_least("--n-clusters", arguments.n_clusters, 2)
    check_output(arguments.output)
    _dask.check(arguments)
    if arguments.save_model is None:
        return
    if arguments.preset == "paper":
        raise _validate.fail(
            "--save-model is not for --preset paper",
            "a refinement that knows its training cells alone",
            "take the default preset",
        )
    atomic.check_folder(arguments.save_model)
    if os.path.realpath(arguments.save_model) == os.path.realpath(arguments.output):
        raise _validate.fail("--save-model names the output", arguments.output, "choose another folder")
