"""Workers of Dask that read a large file for a run: some of our own, or those of a named scheduler."""

from __future__ import annotations

import argparse
import importlib.util
import logging
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, cast

from scrcl_geo import _validate
from scrcl_geo.cli._ranks import RunEnded

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

logger = logging.getLogger(__name__)

_REACHED = 5.0  # seconds in which a scheduler answers
_STARTED = 60.0  # seconds in which some worker is there
_LEAST = 0.5  # GB of a worker: libraries and a few blocks of rows
_SAME = ("scrcl_geo", "dask", "distributed", "numpy", "scipy")  # what is sent is pickled


def add(command: Any) -> None:
    """State the arguments."""
    command.add_argument(
        "--dask-workers", type=int, metavar="N", help="processes that read a file of more than 1 GB"
    )
    command.add_argument(
        "--dask-scheduler", metavar="ADDRESS", help="of a Dask cluster whose workers do that"
    )


def check(arguments: argparse.Namespace) -> None:
    """What can be refused before any work is; a scheduler is asked who it is and who works for it."""
    n_workers, address = arguments.dask_workers, arguments.dask_scheduler
    if n_workers is None and address is None:
        return
    if n_workers is not None and address is not None:
        found = f"{n_workers} workers and {address}"
        raise _validate.fail("--dask-workers starts a cluster of its own", found, "name one of the two")
    if importlib.util.find_spec("distributed") is None:
        do = "pip install distributed, or leave --dask-workers and --dask-scheduler out"
        raise _validate.fail("Dask is missing", "no module distributed", do)
    if n_workers is not None:
        _validate.at_least("--dask-workers", n_workers, 1)
        if arguments.memory is not None and arguments.memory < _LEAST * n_workers:
            found = f"{arguments.memory:g} GB for {n_workers}"
            do = f"allow {_LEAST:g} GB each, or take fewer"
            raise _validate.fail("too little memory for the Dask workers", found, do)
    else:
        with _connected(address) as client:
            _same_versions(client)


@contextmanager
def at_work(arguments: argparse.Namespace, *, needed: bool) -> Iterator[None]:
    """Workers for as long as the block runs, if any are asked for and needed.

    Raises
    ------
    RunEnded
        None of them is left.
    """
    n_workers, address = arguments.dask_workers, arguments.dask_scheduler
    if n_workers is None and address is None:
        yield
        return
    if not needed:
        logger.info("all of X is in memory: no Dask worker is needed")
        yield
        return
    from scrcl_geo._features.workers import WorkersLost, on_workers

    try:
        started = _started(n_workers, arguments.memory) if address is None else nullcontext(address)
        with started as cluster, _connected(cluster) as client, on_workers(client):
            yield
    except WorkersLost as error:
        raise RunEnded(f"{error}; no output was written") from error


@contextmanager
def _started(n_workers: int, gigabytes: float | None) -> Iterator[LocalCluster]:
    """A cluster on this machine, which leaves no files."""
    from distributed import LocalCluster

    limit = "auto" if gigabytes is None else int(gigabytes * 1e9 / n_workers)
    with tempfile.TemporaryDirectory(prefix="scrcl-geo-", ignore_cleanup_errors=True) as folder:
        with _deaf_to_interrupts():
            cluster = LocalCluster(
                n_workers=n_workers,
                threads_per_worker=1,
                memory_limit=limit,
                local_directory=folder,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )
        with cluster:
            yield cluster


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Threads and processes that are started in the block leave Ctrl-C to this process, which ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    earlier = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, earlier)


@contextmanager
def _connected(cluster: LocalCluster | str) -> Iterator[Client]:
    """A client of a cluster, or of the scheduler at an address, that has workers."""
    from distributed import Client
    from distributed.comm import get_address_host_port

    try:
        if isinstance(cluster, str):
            get_address_host_port(cluster)  # a client of no address would not be closed
        client = Client(cluster, timeout=_REACHED, set_as_default=False)
    except (OSError, ValueError) as error:
        found = f"no answer within {_REACHED:g} s" if isinstance(error, OSError) else str(error)
        do = "state its address, such as tcp://host:8786"
        raise _validate.fail(f"cannot reach the Dask scheduler {cluster}", found, do) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_STARTED)
        except TimeoutError as error:
            found = f"none within {_STARTED:g} s"
            raise _validate.fail("the Dask scheduler has no workers", found, "start some") from error
        yield client


def _same_versions(client: Client) -> None:
    """Fail where a worker has other versions than this process of what both must understand."""
    found = cast("dict[str, Any]", client.get_versions(packages=list(_SAME)))
    own = found["client"]["packages"]
    for worker, told in found["workers"].items():
        for name in ("python", *_SAME):
            here, there = own[name], told["packages"].get(name)
            if name == "python":
                here, there = (".".join(text.split(".")[:2]) for text in (here, there))
            if here != there:
                what = f"{name} {there}" if there else f"no {name}"
                raise _validate.fail(
                    f"the Dask worker {worker} has other versions", what, f"install {name} {here} there"
                )
