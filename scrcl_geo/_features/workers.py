"""Workers of a Dask cluster, each of which opens a file by itself and hands back what it made of rows."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from scrcl_geo import _validate
from scrcl_geo._features.place import Place

if TYPE_CHECKING:
    from distributed import Client, Future

Part = tuple[slice, tuple[Any, ...]]

_CLIENT: ContextVar[Client | None] = ContextVar("client", default=None)
_IN_FLIGHT = 2  # parts for each worker: one at work, one waiting or not yet fetched
_LOOK = 2.0  # seconds between two looks at whether anybody works
_PATIENCE = 60.0  # seconds without any worker; one that died is soon replaced
_GONE = "the Dask scheduler has gone"


class WorkersLost(RuntimeError):
    """Nobody works on the rows any more; the message is for the user."""


@contextmanager
def on_workers(client: Client) -> Iterator[None]:
    """Leave matrices in files to the workers of a Dask cluster while the block runs.

    Each worker opens the file by itself, which must lie at the same path for all of them, and hands back sums
    or the genes in use. The numbers are those of one process, bit for bit. What is in memory stays here.

    Parameters
    ----------
    client
        Of any cluster; this package must be installed where its workers run.

    Returns
    -------
    ContextManager
        Without a value.

    Raises
    ------
    WorkersLost
        In the block: no worker is left, or rows ended those that took them.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> from distributed import Client
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> with Client(processes=False, dashboard_address=":0") as client, sg.pp.on_workers(client):
    ...     sg.pp.select_genes(adata, n_top_genes=50)
    >>> int(adata.var["scrcl_used"].sum())
    50
    """
    token = _CLIENT.set(client)
    try:
        yield
    finally:
        _CLIENT.reset(token)


def client_at_hand() -> Client | None:
    """The client of the innermost :func:`on_workers` that runs."""
    return _CLIENT.get()


def worked_on(
    client: Client, place: Place, parts: Iterable[Part], function: Callable[..., Any]
) -> Iterator[tuple[slice, Any]]:
    """``function(rows, *values)`` of each part, in their order; a few are ever under way."""
    waiting: deque[tuple[slice, Future]] = deque()
    try:
        for rows, values in parts:
            future = client.submit(_task, place, rows, function, values, pure=False)
            waiting.append((rows, future))
            if len(waiting) >= _IN_FLIGHT * max(1, _n_workers(client)):
                yield _finished(client, place, *waiting.popleft())
        while waiting:
            yield _finished(client, place, *waiting.popleft())
    finally:
        with suppress(Exception):  # of a cluster that has gone
            client.cancel([future for _, future in waiting])


def _task(place: Place, rows: slice, function: Callable[..., Any], values: tuple[Any, ...]) -> Any:
    return function(place.read(rows), *values)


def _finished(client: Client, place: Place, rows: slice, future: Future) -> tuple[slice, Any]:
    """What became of a task, waited for as long as anybody may do it."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker

    seen = time.monotonic()
    while True:
        try:
            return rows, future.result(timeout=_LOOK)
        except KilledWorker as error:
            raise WorkersLost(
                f"cells {rows.start:,} to {rows.stop:,} ended every Dask worker that took them; "
                "give the workers more memory"
            ) from error
        except CancelledError as error:
            raise WorkersLost(_GONE) from error
        except OSError as error:  # TimeoutError is one
            if future.status == "error":  # the task's own
                remedy = "put it on a disk that all workers see under this path"
                raise _validate.fail(f"a Dask worker cannot read {place.path}", str(error), remedy) from error
        if _n_workers(client):
            seen = time.monotonic()
        elif time.monotonic() - seen > _PATIENCE:
            raise WorkersLost(f"no Dask worker has been there for {_PATIENCE:.0f} s")


def _n_workers(client: Client) -> int:
    """Workers at this moment: they may come and go."""
    try:
        if client.status == "running":
            return len(client.nthreads())
    except OSError as error:
        raise WorkersLost(_GONE) from error
    raise WorkersLost(_GONE)
