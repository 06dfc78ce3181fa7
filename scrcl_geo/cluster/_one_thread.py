"""Small work on one thread: on a busy machine, many short rounds on several wait for each other."""

from __future__ import annotations

from contextlib import AbstractContextManager

from threadpoolctl import threadpool_limits

_SMALL = 20_000  # cells: a round of k-means on them is over within milliseconds


def one_thread(n_cells: int) -> AbstractContextManager[object]:
    """Inside the block, numerical libraries use one thread for few cells, and what they like for many."""
    return threadpool_limits(1 if n_cells <= _SMALL else None)
