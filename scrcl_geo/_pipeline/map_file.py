"""Mapping a file of more cells than memory holds, block by block, into a copy of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scrcl_geo import _keys
from scrcl_geo._features import checks
from scrcl_geo._files.memory import release_unused
from scrcl_geo._mapping.align import Alignment
from scrcl_geo._mapping.answers import Answers
from scrcl_geo._mapping.mapper import fair_blocks
from scrcl_geo.tl._map import mapper_of, remembered
from scrcl_geo.tl._stale import OF_CLUSTERS, OF_EMBEDDING, OF_NAMES

if TYPE_CHECKING:
    from scrcl_geo._features.expression import Expression
    from scrcl_geo._files.streamed import Added, StreamedCells
    from scrcl_geo.model._trained import TrainedModel


def map_file(
    cells: StreamedCells, model: TrainedModel, output: str | Path, *, batch_key: str | None, seed: int
) -> dict[str, Any]:
    """Write a copy of a file of dissociated cells with what :func:`scrcl_geo.tl.map` would add to it.

    Memory holds one block of 50,000 cells and a few numbers per cell. Returns the new columns of obs and,
    under ``"scrcl_map"``, the new entry of uns.

    Raises
    ------
    ScrclInputError
        Those of :func:`scrcl_geo.tl.map`.
    """
    reference = remembered(model)
    alignment = Alignment(cells.var.index, reference.genes, reference.reading)
    answers = Answers(reference, cells.n_cells)
    found: dict[str, Any] = {}

    def expression(positions: np.ndarray) -> Expression:
        return alignment.expression(checks.data_matrix(cells.rows(positions), None))

    def fill(added: Added) -> None:
        if _keys.ANNOTATION in added.unstructured_keys():
            added.without("obs", [f"{_keys.CLUSTERS}_name"])
            added.without("uns", OF_NAMES)
        for slot, keys in OF_EMBEDDING.items():
            added.without(slot, keys)
        added.without("uns", OF_CLUSTERS)
        added.embedding(_keys.EMBEDDING, reference.width)
        for name, own in _samples(cells, batch_key).items():
            typical = expression(own[next(fair_blocks(len(own)))])
            mapper = mapper_of(model, alignment.present, typical, n_cells=len(own), seed=seed)
            measures = np.empty((2, len(own)), np.float32)
            for block in fair_blocks(len(own)):
                views, measures[:, block] = mapper.block(expression(own[block]))
                answers.clusters(own[block], views)
                added.rows(_keys.EMBEDDING, own[block], views)
                del views
                release_unused()  # what many small arrays leave behind would add up, block by block
            answers.sample(name, own, mapper.novelty(measures))
        columns, summary = answers.columns(_keys.CLUSTERS), answers.summary(alignment.present, seed)
        added.columns(columns)
        added.unstructured(_keys.MAPPING, summary)
        found.update(columns, **{_keys.MAPPING: summary})

    cells.copy_with(output, fill)
    return found


@dataclass(frozen=True)
class Everyone:
    """Positions of all cells, as an array would give them, without one."""

    n_cells: int

    def __len__(self) -> int:
        return self.n_cells

    def __getitem__(self, at: slice | np.ndarray) -> np.ndarray:
        return np.arange(*at.indices(self.n_cells)) if isinstance(at, slice) else at


def _samples(cells: StreamedCells, batch_key: str | None) -> Mapping[str, np.ndarray | Everyone]:
    """Positions of the cells of each sample."""
    if batch_key is None:
        return {"": Everyone(cells.n_cells)}
    return checks.cells_of_samples(pd.Series(cells.obs[batch_key]), batch_key)
