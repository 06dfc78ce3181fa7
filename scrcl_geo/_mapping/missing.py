"""Principal components from a part of the genes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scrcl_geo._features.inputs import InputMap
from scrcl_geo._features.projection import LOG, Projection

_RIDGE = 0.1  # against components that the genes at hand hardly show; full genes have 1


def without_missing(inputs: InputMap, present: np.ndarray) -> InputMap:
    """The projections for cells that have only the genes ``present`` (n_used,), others being zero.

    Components come by least squares from the genes at hand, with a ridge, instead of taking genes that were
    not measured for unexpressed.
    """
    if present.all():
        return inputs
    return InputMap(tuple(_from_present(p, present) for p in inputs.projections))


def _from_present(projection: Projection, present: np.ndarray) -> Projection:
    lengths = np.maximum(np.linalg.norm(projection.components, axis=0), np.finfo(np.float32).tiny)
    loadings = (projection.components / lengths)[present].astype(np.float64)  # (n_present, F)
    gram = loadings.T @ loadings + _RIDGE * np.eye(loadings.shape[1])
    components = np.zeros_like(projection.components)
    solved = np.linalg.solve(gram, loadings.T).T * lengths * (1 + _RIDGE)
    components[present] = solved
    # centred data but for logarithms, whose means are known
    center = projection.center
    if projection.transform == LOG:
        center = projection.mean[present] @ solved
    return replace(projection, components=components, center=center)
