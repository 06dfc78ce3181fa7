"""The commands that give this result again, from what a run left in the AnnData."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import numpy as np

from scrcl_geo import _keys
from scrcl_geo._schema.result import stored

if TYPE_CHECKING:
    from scrcl_geo.pl._report._source import Source


def commands(source: Source, output: str) -> list[str]:
    """Command lines; none where the clusters are not those of a run."""
    results, graph, partitions = (
        stored(source.adata, "uns", key, default={})
        for key in (_keys.RESULTS, _keys.GRAPH_PARAMS, _keys.PARTITIONS)
    )
    if source.groupby != _keys.CLUSTERS or not graph or "params" not in results:
        return []
    options = _run_options(source, results, graph)
    many = "input_list" in results
    read = ["--input-list", str(results["input_list"])] if many else [str(results.get("input", "INPUT"))]
    lines = [["run", *read, "--output", output, *options]]
    if len(partitions.get("keys", ())):
        lines.append(["cluster", output, *_cluster_options(source, partitions)])
    return [shlex.join(["scrcl-geo", *line]) for line in lines]


def _run_options(source: Source, results: Any, graph: Any) -> list[str]:
    params = results["params"]
    found = len(source.clusters)
    options: dict[str, Any] = {
        "n-clusters": found if found > 1 else None,  # of no structure, the run finds one by itself
        "seed": results.get("seed"),
        "values": graph.get("values"),
        "layer": graph.get("layer"),
        "batch-key": graph.get("batch_key"),
        "table": results.get("table"),
        "units": results.get("units"),
        "dataset": results.get("dataset"),
        "max-epochs": results.get("max_epochs"),
        "device": results.get("device"),
        "batch-size": params.get("batch_size"),
    }
    if params.get("preset") == "paper":
        options["preset"] = "paper"
    if _keys.SPATIAL in source.adata.obsm:
        options["spatial"] = "yes" if _keys.SPATIAL_CONNECTIVITIES in source.adata.obsp else "no"
    return [
        word
        for name, value in options.items()
        if value is not None and value != ""
        for word in (f"--{name}", str(value))
    ]


def _cluster_options(source: Source, partitions: Any) -> list[str]:
    """The partition that the page shows comes first, as the command line asks."""
    obs = source.adata.obs
    shown = obs[source.groupby].astype(str).to_numpy()
    keys = sorted(
        map(str, partitions["keys"]),
        key=lambda key: not (key in obs and np.array_equal(obs[key].astype(str), shown)),
    )
    values = [key.removeprefix(f"{source.groupby}_") for key in keys]
    option = "--resolution" if values[0].startswith("r") else "--n-clusters"
    seed = int(partitions.get("seed", 0))
    asked = ",".join(value.removeprefix("r") for value in values)
    return [option, asked, *(["--seed", str(seed)] if seed else [])]
