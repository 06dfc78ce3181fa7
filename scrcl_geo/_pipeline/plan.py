"""What a run will cost, before it starts: seconds and memory per stage, and the size of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo._features.rows import on_disk
from scrcl_geo._features.values import SAMPLE
from scrcl_geo._neighbors.knn import EXACT_UP_TO
from scrcl_geo.cluster._sample import CLUSTERED
from scrcl_geo.graph._batch_size import resolve_batch_size

if TYPE_CHECKING:
    from anndata import AnnData

_SMALLEST_BATCH = 1024
_STEPS = 150  # of the default, at most
_LIBRARIES = 0.8  # GB resident after importing torch, PyG and scanpy


@dataclass(frozen=True)
class Plan:
    """Sizes, what they cost, and how training goes through the cells.

    ``n_values`` are stored, about ``n_used_values`` of them in the genes in use.

    ``seconds`` per stage hold for one core of 2026; ``gigabytes`` is the peak of a run.
    """

    n_cells: int
    n_genes: int
    n_values: int
    n_used_values: int
    in_space: bool
    from_disk: bool
    batch_size: int | str

    @classmethod
    def of(
        cls,
        adata: AnnData,
        *,
        layer: str | None = None,
        spatial: str = "auto",
        batch_size: int | str = "auto",
        memory: float | None = None,
    ) -> Plan:
        """Plan of a default run on an AnnData, within ``memory`` GB if given.

        Raises
        ------
        ScrclInputError
            Not even small batches fit.
        """
        matrix = checks.data_matrix(adata, layer)
        n_values, n_genes = _stored_values(matrix), min(adata.n_vars, 2000)
        used = np.sqrt(n_genes / max(adata.n_vars, 1))  # genes that vary are dense ones
        in_space = spatial == "yes" or (spatial == "auto" and _keys.SPATIAL in adata.obsm)
        plan = cls(
            n_cells=adata.n_obs,
            n_genes=n_genes,
            n_values=n_values,
            n_used_values=int(n_values * used),
            in_space=in_space,
            from_disk=on_disk(matrix),
            batch_size=resolve_batch_size(batch_size, adata.n_obs),
        )
        if memory is not None:
            _validate.positive("memory", memory)
        while memory is not None and plan.gigabytes > memory and batch_size == "auto":
            smaller = plan.cells_per_step // 2
            if smaller < _SMALLEST_BATCH:
                break
            plan = replace(plan, batch_size=smaller)
        if memory is not None and plan.gigabytes > memory:
            found = f"{plan.gigabytes:.1f} GB needed for {plan.n_cells:,} cells, {memory:g} GB allowed"
            raise _validate.fail(
                "the memory budget is too small", found, "raise --memory or take fewer cells"
            )
        return plan

    @property
    def cells_per_step(self) -> int:
        """Cells of one training step."""
        return self.n_cells if self.batch_size == "full" else min(int(self.batch_size), self.n_cells)

    @property
    def seconds(self) -> Mapping[str, float]:
        """Expected seconds of each stage."""
        n, values, step = self.n_cells, self.n_values, self.cells_per_step
        sample = min(n, SAMPLE)
        components = 3 * (sample * self.n_genes**2 / 8e10 + n * self.n_genes / 5e8)
        neighbors = n**2 / 2.5e8 if n <= EXACT_UP_TO else n**1.25 / 1.6e5
        composition = 1e-4 * n if self.in_space else 0.0
        used = self.n_used_values * step / max(n, 1)  # in a step
        layers = (1.4e-5 if self.in_space else 0.7e-5) * step
        clustered = min(n, CLUSTERED) * (3.5e-4 if self.in_space else 3e-4)
        return {
            "read": 0.5 if self.from_disk else 0.5 + values / 1.5e8,
            "graph": 1.5 + components + neighbors + composition + values * 3e-7,
            "embed": 2 + _STEPS * (0.02 + layers + 8e-8 * used) + n * 9e-5,
            "cluster": 0.3 + clustered + n * 2e-6,
            "associations": 0.2 + values * 2.3e-7,
            "write": 0.4 + (n * 4e-6 if self.from_disk else values * 3e-7),
        }

    @property
    def gigabytes(self) -> float:
        """Expected peak of resident memory."""
        stored = 0 if self.from_disk else 8 * self.n_values
        edges = 14 * self.n_used_values  # 32 bits for a node and for expression, and pointers
        return _LIBRARIES + (stored + edges + 3.2e3 * self.n_cells + 3e4 * self.cells_per_step) / 1e9

    def __str__(self) -> str:
        size = "all cells at once" if self.batch_size == "full" else f"{self.batch_size:,} cells at a time"
        cost = f"about {sum(self.seconds.values()):.0f} s on one CPU core, {self.gigabytes:.1f} GB of memory"
        return f"{cost}; training takes {size}"


def _stored_values(matrix: object) -> int:
    """Stored values of a matrix: its non-zeros where it is sparse."""
    if hasattr(matrix, "nnz"):
        return int(matrix.nnz)
    group = getattr(matrix, "group", None)  # sparse and on disk
    return int(group["data"].shape[0] if group is not None else np.prod(matrix.shape))  # type: ignore[attr-defined]
