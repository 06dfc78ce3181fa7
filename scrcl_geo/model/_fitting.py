"""From a graph that is ready to trained networks."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from scrcl_geo import _keys, _validate
from scrcl_geo.graph import CellBatches, MaskCells
from scrcl_geo.graph._batch_size import resolve_batch_size
from scrcl_geo.graph._batches import partition
from scrcl_geo.graph._even import even_weights
from scrcl_geo.model._sharing import share
from scrcl_geo.nn import Ensemble, ScRCLModule
from scrcl_geo.train import Checkpoint, HeldOut, LossPlateau, Ranks, TrainingLog, TrainingSettings, hold_out
from scrcl_geo.train._fit import Batches
from scrcl_geo.train._retry import train
from scrcl_geo.train._runtime import seeded

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData


def mark_cells(data: HeteroData, *, seed: int) -> None:
    """Mark cells as held out and, without space, weigh them for an even draw."""
    with seeded(seed):
        hold_out(data)
    if _keys.NEAR not in data.edge_types:
        data[_keys.CELL].even = even_weights(data, seed=seed)


def batches_of(data: HeteroData, batch_size: int | str, *, seed: int, ranks: Ranks | None = None) -> Batches:
    """The whole graph as a list of one, or mini-batches of it; with others, of this process's share."""
    size = resolve_batch_size(batch_size, int(data[_keys.CELL].num_nodes))
    if ranks is not None:
        return share(ranks, data, size, seed=seed)
    if size == "full":
        return [data]
    return CellBatches(data, partition(data, int(size), seed=seed), int(size))


def sizes_of(data: HeteroData) -> dict[str, Any]:
    """What the parts of a network must know of a graph.

    Raises
    ------
    ScrclInputError
        The graph has no expression.
    """
    if _keys.GENE not in data.node_types or _keys.EXPRESSED_BY not in data.edge_types:
        raise _validate.fail(
            "the graph has no expression",
            _validate.shown(["/".join(t) for t in data.edge_types]),
            f"give it edges {_keys.EXPRESSES}",
        )
    return {
        "in_channels": int(data[_keys.CELL].x.shape[1]),
        "n_cells": int(data[_keys.CELL].num_nodes),
        "n_genes": int(data[_keys.GENE].num_nodes),
        "relations": [t[1] for t in data.edge_types if t[0] == t[2] == _keys.CELL and t != _keys.LINKED],
    }


def settings_of(config: dict[str, Any], n_batches: int, max_epochs: int | None) -> TrainingSettings:
    """How a model is trained: in mini-batches, for as many steps as on all cells at once."""
    n_steps = config["max_epochs"] if max_epochs is None else max_epochs
    _validate.at_least("max_epochs", n_steps, 1)
    masked, stops = bool(config["mask_rate"]), config["early_stopping"]
    return TrainingSettings(
        ceil(n_steps / n_batches),
        config["learning_rate"],
        config["weight_decay"],
        decoupled=masked,
        max_grad_norm=config["max_grad_norm"],
        masking=MaskCells(config["mask_rate"]) if masked else None,
        stopping=None if not stops else HeldOut() if masked else LossPlateau(),
        max_steps=n_steps,
    )


def train_networks(
    build: Callable[[], ScRCLModule],
    objective: nn.Module,
    batches: Batches,
    settings: TrainingSettings,
    *,
    n_networks: int,
    seed: int,
    device: torch.device,
    checkpoint: Checkpoint | None,
    ranks: Ranks | None,
    progress: bool,
) -> tuple[Ensemble, list[TrainingLog]]:
    """Networks one after the other, with seeds that no other ``seed`` leads to, and their logs."""
    members, logs = [], []
    for number in range(n_networks):
        own_seed = seed * n_networks + number
        module, log = train(
            build,
            objective,
            batches,
            settings,
            device=device,
            seed=own_seed,
            checkpoint=None if checkpoint is None else checkpoint.of_network(number, own_seed),
            ranks=ranks,
            progress=progress,
        )
        members.append(module)
        logs.append(log)
    return Ensemble(members).eval(), logs
