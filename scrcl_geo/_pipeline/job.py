"""The main job, step by step: what the command line, the demo and the benchmarks all run."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scrcl_geo import _keys, _validate, pp, tl
from scrcl_geo._pipeline.plan import Plan
from scrcl_geo.model import ScRCL
from scrcl_geo.train._runtime import resolve_device

if TYPE_CHECKING:
    from anndata import AnnData

    from scrcl_geo.train import Checkpoint, Ranks

logger = logging.getLogger(__name__)

_LARGEST_SEED = 100_000_000  # seeds of single starts are multiples of it and must fit in 32 bits


@dataclass(frozen=True)
class Job:
    """What to do with cells: the options of ``scrcl-geo run``, see there."""

    n_clusters: int | None = None
    layer: str | None = None
    values: str = "auto"
    spatial: str = "auto"
    batch_key: str | None = None
    preset: str = "default"
    seed: int = 0
    device: str = "auto"
    progress: bool = True
    batch_size: int | str = "auto"
    memory: float | None = None


def run(
    adata: AnnData,
    job: Job | None = None,
    *,
    checkpoint: Checkpoint | None = None,
    ranks: Ranks | None = None,
) -> tuple[ScRCL, dict[str, float]]:
    """Graphs, embedding, clusters and associations, written to ``adata``; the model and seconds per stage."""
    job = job or Job()
    _validate.one_of("preset", job.preset, ("default", "paper"))
    _validate.within("seed", job.seed, 0, _LARGEST_SEED)
    resolve_device(job.device)
    plan = Plan.of(adata, layer=job.layer, spatial=job.spatial, batch_size=job.batch_size, memory=job.memory)
    _validate.n_clusters(job.n_clusters, adata.n_obs)
    logger.info("plan: %s", plan)
    adata.uns.pop(_keys.NUMBER, None)  # an earlier run's estimate is not about these clusters
    seconds: dict[str, float] = {}
    with timed("graph", seconds, plan):
        pp.graph(
            adata,
            layer=job.layer,
            values=job.values,
            spatial=job.spatial,
            batch_key=job.batch_key,
            seed=job.seed,
        )
    paper = job.preset == "paper"
    model = (
        ScRCL.paper(job.n_clusters or 32) if paper else ScRCL(batch_size=plan.batch_size)
    )  # the paper sets its width K to the clusters
    with timed("embed", seconds, plan):
        tl.embed(
            adata,
            model=model,
            seed=job.seed,
            device=job.device,
            checkpoint=checkpoint,
            ranks=ranks,
            progress=job.progress,
        )
    with timed("cluster", seconds, plan):
        rep = _keys.REFINED if paper else _keys.EMBEDDING
        tl.cluster(adata, job.n_clusters, use_rep=rep, method="kmeans" if paper else "auto", seed=job.seed)
    with timed("associations", seconds, plan):
        tl.associations(adata)
    return model, seconds


@contextmanager
def timed(stage: str, seconds: dict[str, float], plan: Plan | None = None) -> Iterator[None]:
    """Record the wall time of a block under its name; with a plan, tell what is still to come."""
    if plan is not None:
        names = list(plan.seconds)
        left = sum(plan.seconds[name] for name in names[names.index(stage) + 1 :])
        logger.info("%s: about %.0f s, %.0f s more after it", stage, plan.seconds[stage], left)
    start = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - start
