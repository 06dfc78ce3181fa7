"""A training run in a file, so that it can go on after its process has died."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import Any

import torch

logger = logging.getLogger(__name__)


class Checkpoint:
    """The state of one training run, replaced whole every so often.

    A file holds tensors, numbers and text alone and is read with ``weights_only``: it cannot run code.

    Parameters
    ----------
    path
        File to keep the state in.
    every
        Seconds between two writings.

    Attributes
    ----------
    run
        What the run is made of (input, parameters, seed, versions), as one string: the state of another run
        is not taken up. The model states it.
    """

    def __init__(self, path: str | Path, *, every: float = 120.0) -> None:
        self.path = Path(path)
        self.run = ""
        self.every = every
        self._written = time.monotonic()

    def load(self, learning_rate: float) -> dict[str, Any] | None:
        """The state, or None where there is none of this run at this learning rate."""
        if not self.path.exists():
            return None
        try:
            state = torch.load(self.path, map_location="cpu", weights_only=True)
            same = state["run"] == f"{self.run} {learning_rate:g}"
        except Exception as error:  # a damaged file raises many kinds
            logger.warning("%s is damaged (%s); training starts anew", self.path, type(error).__name__)
            return None
        if not same:
            logger.warning("%s is of another input, version or setting; training starts anew", self.path)
            return None
        return state["state"]

    def due(self) -> bool:
        """Whether it is time to write again."""
        return time.monotonic() - self._written >= self.every

    def save(self, state: dict[str, Any], learning_rate: float) -> None:
        """Write the state whole or not at all; a full disk does not end the training."""
        partial = self.path.with_name(f"{self.path.name}.part")
        try:
            with partial.open("wb") as file:
                torch.save({"run": f"{self.run} {learning_rate:g}", "state": state}, file)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self.path)
        except (OSError, RuntimeError) as error:  # torch reports a full disk as the latter
            logger.warning("no checkpoint could be written: %s", str(error).splitlines()[0])
        finally:
            partial.unlink(missing_ok=True)
        self._written = time.monotonic()

    def remove(self) -> None:
        """Delete the file, where there is one."""
        self.path.unlink(missing_ok=True)
