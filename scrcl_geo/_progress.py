"""What is under way and how long it will take, on standard error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm.auto import tqdm

Item = TypeVar("Item")

_PATIENCE = 1.0  # seconds before a bar appears: most loops are over by then


def track(items: Iterable[Item], name: str, *, total: int) -> Iterator[Item]:
    """The items, with a bar and the time left where working through them takes a while."""
    # a terminal alone gets bars: in a file they are noise
    yield from tqdm(items, desc=name, total=total, leave=False, delay=_PATIENCE, disable=None)
