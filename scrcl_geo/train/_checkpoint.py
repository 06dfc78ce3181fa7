"""A training run in a file, so that it can go on after its process has died."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import time
from pathlib import Path
from typing import Any

import torch

from scrcl_geo import _validate

logger = logging.getLogger(__name__)

_DIGEST = 32  # bytes at the beginning of a file, of sha256


class Checkpoint:
    """The state of one training run, replaced whole every so often.

    A file holds tensors, numbers and text alone and is read with ``weights_only``: it cannot run code. It
    begins with the checksum of all that follows.

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
    notes
        What the file holds beside the state: numbers and text, for whoever goes on.
    """

    def __init__(self, path: str | Path, *, every: float = 120.0) -> None:
        self.path = Path(path)
        self.run = ""
        self.notes: dict[str, Any] = {}
        _validate.at_least("every", every, 0, whole=False)
        self.every = every
        self._written = time.monotonic()

    def of_network(self, number: int, seed: int) -> Checkpoint:
        """That of one of several networks: the first in this file, the others beside it."""
        path = self.path if number == 0 else self.path.with_name(f"{self.path.name}.{number}")
        own = Checkpoint(path, every=self.every)
        own.run, own.notes = f"{self.run} {seed}", self.notes
        return own

    def load(self, learning_rate: float) -> dict[str, Any] | None:
        """The state, or None where there is none of this run at this learning rate."""
        if not self.path.is_file():
            return None
        try:
            held = self.read()
            same = held["run"] == f"{self.run} {learning_rate:g}"
        except Exception as error:  # a damaged file raises many kinds
            self.reject(error)
            return None
        if not same:
            logger.warning("%s is of another input, version or setting; training starts anew", self.path)
            return None
        return held["state"]

    def noted(self) -> dict[str, Any]:
        """The notes of the file; none where it cannot be read."""
        try:
            return dict(self.read()["notes"])
        except Exception:  # a damaged file raises many kinds, and :meth:`load` tells of them
            return {}

    def reject(self, error: Exception) -> None:
        """Say that the file is of no use."""
        reason = str(error) if isinstance(error, ValueError) else type(error).__name__
        logger.warning("%s is damaged (%s); training starts anew", self.path, reason)

    def read(self) -> dict[str, Any]:
        """What the file holds, as it was written.

        Raises
        ------
        ValueError
            The bytes are not those that were written.
        """
        code = self.path.read_bytes()
        if hashlib.sha256(code[_DIGEST:]).digest() != code[:_DIGEST]:
            raise ValueError("its checksum is another")
        return torch.load(io.BytesIO(code[_DIGEST:]), map_location="cpu", weights_only=True)

    def due(self) -> bool:
        """Whether it is time to write again."""
        return time.monotonic() - self._written >= self.every

    def save(self, state: dict[str, Any], learning_rate: float) -> None:
        """Write the state whole or not at all; a full disk does not end the training."""
        try:
            self.write({"run": f"{self.run} {learning_rate:g}", "notes": self.notes, "state": state})
        except OSError as error:
            logger.warning("no checkpoint could be written: %s", error.strerror or error)
        self._written = time.monotonic()

    def write(self, held: dict[str, Any]) -> None:
        """Replace what the file holds."""
        stream = io.BytesIO()
        torch.save(held, stream)
        code = stream.getbuffer()
        partial = self.path.with_name(f"{self.path.name}.part")
        try:
            with partial.open("wb") as file:
                file.write(hashlib.sha256(code).digest())
                file.write(code)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self.path)
        finally:
            partial.unlink(missing_ok=True)

    def remove(self) -> None:
        """Delete the file, where there is one."""
        self.path.unlink(missing_ok=True)
