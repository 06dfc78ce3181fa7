"""How many threads numerical libraries take: as many as cores are free, and none that wait by spinning."""

from __future__ import annotations

import logging
import os
from collections.abc import MutableMapping
from pathlib import Path

import psutil

logger = logging.getLogger(__name__)

_MOST = 1024  # threads that a checkpoint may ask for
_WATCHED = 0.1  # seconds
_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of a container on Linux


def leave_room(environment: MutableMapping[str, str]) -> None:
    """Set what OpenMP and Numba read when they are loaded; what the user has set stands.

    A thread that waits for another spins by default; where the other has no core of its own, because a
    neighbour works on it, all of them spin most of the time.
    """
    environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if "OMP_NUM_THREADS" not in environment:
        environment["OMP_NUM_THREADS"] = str(free_cores())
        environment.setdefault("NUMBA_NUM_THREADS", environment["OMP_NUM_THREADS"])


def free_cores() -> int:
    """Cores that this process may use and nobody else does at the moment, at least 1."""
    shares = psutil.cpu_percent(interval=_WATCHED, percpu=True)
    own = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else range(len(shares))
    idle = sum(1 - shares[core] / 100 for core in own if core < len(shares))
    return max(1, min(round(idle), _quota()))


def threads_in_use() -> dict[str, int]:
    """Threads of torch and of BLAS, on which the last digits of a result hang."""
    import torch
    from threadpoolctl import threadpool_info

    blas = [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]
    return {"torch": torch.get_num_threads(), "blas": max(blas, default=1)}


def go_on_with(threads: object) -> None:
    """Take as many threads as :func:`threads_in_use` told of the run that is gone on with; nothing where a
    checkpoint tells something else."""
    import torch
    from threadpoolctl import threadpool_limits

    now = threads_in_use()
    if not isinstance(threads, dict) or threads.keys() != now.keys() or threads == now:
        return
    if not all(isinstance(number, int) and 1 <= number <= _MOST for number in threads.values()):
        return
    logger.info("the run goes on with as many threads as it began with: %d", threads["blas"])
    torch.set_num_threads(threads["torch"])
    threadpool_limits(threads["blas"], user_api="blas")


def _quota() -> int:
    """Whole cores that a container grants; many where it is none."""
    try:
        granted, period = _QUOTA.read_text(encoding="ascii").split()
        return max(1, int(granted) // int(period))
    except (OSError, ValueError):  # no such file, or "max"
        return 1 << 16
