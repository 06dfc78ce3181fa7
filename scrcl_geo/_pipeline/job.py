"""The main job, step by step: what the command line, the demo and the benchmarks all run."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scrcl_geo import _keys, _validate, pp, tl
from scrcl_geo._pipeline.plan import Plan
from scrcl_geo._pipeline.row_order import in_own_order
from scrcl_geo.model import ScRCL
from scrcl_geo.model._network import PRESETS
from scrcl_geo.model._paper import PAPER
from scrcl_geo.train import TrainingError
from scrcl_geo.train._runtime import resolve_device

if TYPE_CHECKING:
    from anndata import AnnData

    from scrcl_geo.train import Checkpoint, Ranks

logger = logging.getLogger(__name__)

_WIDTH = 32  # of the paper's network where the number of clusters is not known
_MAJORITY = 50  # spots that give a spot of the paper its label


@dataclass(frozen=True)
class Job:
    """What to do with cells: the options of ``scrcl-geo run``, see there."""

    n_clusters: int | None = None
    layer: str | None = None
    values: str = "auto"
    spatial: str = "auto"
    batch_key: str | None = None
    preset: str = "default"
    dataset: str | None = None
    max_epochs: int | None = None
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
    _validate.one_of("preset", job.preset, PRESETS)
    if job.dataset is not None and job.preset != PAPER:
        found = f"{job.dataset!r} with the preset {job.preset!r}"
        raise _validate.fail("a data set of the paper is for its preset alone", found, "take --preset paper")
    if job.preset == PAPER and job.batch_size not in ("auto", "full"):
        found = f"batches of {job.batch_size} cells"
        raise _validate.fail(
            "the published method trains on all cells at once", found, "leave --batch-size out"
        )
    _validate.within("seed", job.seed, 0, _validate.LARGEST_SEED)
    resolve_device(job.device)
    plan = Plan.of(adata, layer=job.layer, spatial=job.spatial, batch_size=job.batch_size, memory=job.memory)
    _validate.n_clusters(job.n_clusters, adata.n_obs)
    published = job.preset == PAPER
    if not published:
        logger.info("plan: %s", plan)
    with nullcontext(adata) if published else in_own_order(adata, job.layer) as cells:
        return _steps(cells, job, plan, checkpoint=checkpoint, ranks=ranks)


def _steps(
    adata: AnnData, job: Job, plan: Plan, *, checkpoint: Checkpoint | None, ranks: Ranks | None
) -> tuple[ScRCL, dict[str, float]]:
    adata.uns.pop(_keys.NUMBER, None)  # an earlier run's estimate is not about these clusters
    seconds: dict[str, float] = {}
    published = job.preset == PAPER
    told = None if published else plan  # it is a plan of the default
    prepare = _published if published else _ours
    with timed("graph", seconds, told):
        model, clustering = prepare(adata, job, plan)
    with timed("embed", seconds, told):
        try:
            tl.embed(
                adata,
                model=model,
                max_epochs=job.max_epochs,
                seed=job.seed,
                device=job.device,
                checkpoint=checkpoint,
                ranks=ranks,
                progress=job.progress,
            )
        except TrainingError as error:
            remedy = "check the values, or state what they are with --values"
            raise _validate.fail("training does not get on", str(error), remedy) from error
    with timed("cluster", seconds, told):
        tl.cluster(adata, job.n_clusters, seed=job.seed, **clustering)
    with timed("associations", seconds, told):
        tl.associations(adata)
    return model, seconds


def _ours(adata: AnnData, job: Job, plan: Plan) -> tuple[ScRCL, dict[str, Any]]:
    """Graphs of the default preset, its model, and how its embedding is clustered."""
    pp.graph(
        adata,
        layer=job.layer,
        values=job.values,
        spatial=job.spatial,
        batch_key=job.batch_key,
        seed=job.seed,
        device=job.device,
    )
    return ScRCL(batch_size=plan.batch_size), {}


def _published(adata: AnnData, job: Job, plan: Plan) -> tuple[ScRCL, dict[str, Any]]:
    """Graphs of the paper, its model, whose width is the number of clusters, and how it clusters."""
    pp.paper_graph(
        adata,
        dataset=job.dataset,
        layer=job.layer,
        values=job.values,
        spatial=job.spatial,
        batch_key=job.batch_key,
    )
    in_tissue = _keys.SPATIAL_CONNECTIVITIES in adata.obsp
    model = ScRCL.paper(job.n_clusters or _WIDTH, dataset=job.dataset, spatial=in_tissue)
    return model, {"method": "spherical_kmeans", "n_majority": _MAJORITY if in_tissue else 0}


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
