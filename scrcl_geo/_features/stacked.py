"""Several slides in one set of coordinates."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from anndata import AnnData

_NAMES = re.compile(r"slide|sample|section|library|batch|slice", re.IGNORECASE)
_SLIDES = 1000  # at most
_OVERLAP = 0.5  # of the smaller one's extent


def stacked_slides(adata: AnnData, coordinates: np.ndarray) -> str | None:
    """The column of ``obs`` whose samples lie on top of each other in ``coordinates`` (N, 2 or more), told by
    its name and by their extents; None where there is none."""
    for column in adata.obs:
        if not _NAMES.search(str(column)):
            continue
        codes = adata.obs[column].astype("category").cat.codes.to_numpy()
        numbers = np.unique(codes[codes >= 0])
        if not 2 <= len(numbers) <= _SLIDES:
            continue
        places = [coordinates[codes == number] for number in numbers]
        extents = [np.stack([x.min(axis=0), x.max(axis=0)]) for x in places]
        if any(_overlap(one, other) > _OVERLAP for one, other in pairwise(extents)):
            return str(column)
    return None


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Area that two boxes (2, 2) share, in parts of the smaller box."""
    shared = np.minimum(one[1], other[1]) - np.maximum(one[0], other[0])
    smaller = min(float(np.prod((box[1] - box[0])[:2])) for box in (one, other))
    return float(np.prod(np.maximum(shared[:2], 0)) / smaller) if smaller > 0 else 0.0
