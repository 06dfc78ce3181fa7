"""The main job, step by step: what the command line, the demo and the benchmarks all run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from scrcl_geo import _validate, pp, tl

if TYPE_CHECKING:
    from anndata import AnnData


def run(
    adata: AnnData,
    n_clusters: int | None = None,
    *,
    layer: str | None = None,
    spatial: str = "auto",
    batch_key: str | None = None,
    preset: str = "default",
    seed: int = 0,
    device: str = "auto",
    progress: bool = True,
) -> dict[str, float]:
    """Graphs, embedding, clusters and associations, written to ``adata``; returns seconds per stage."""
    _validate.data_matrix(adata, layer)
    _validate.n_clusters(n_clusters, adata.n_obs)
    seconds: dict[str, float] = {}
    with timed("graph", seconds):
        pp.graph(adata, layer=layer, spatial=spatial, batch_key=batch_key, seed=seed)
    with timed("embed", seconds):
        tl.embed(adata, preset=preset, seed=seed, device=device, progress=progress)
    with timed("cluster", seconds):
        tl.cluster(adata, n_clusters, seed=seed)
    with timed("associations", seconds):
        tl.associations(adata)
    return seconds


@contextmanager
def timed(stage: str, seconds: dict[str, float]) -> Iterator[None]:
    """Record the wall time of a block under its name."""
    start = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - start
