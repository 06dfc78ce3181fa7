"""ScRCL: one network from AnnData to embeddings, the only place where data, graph and training meet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from scrcl_geo import _keys, _validate
from scrcl_geo._features.expression import used_genes
from scrcl_geo._features.inputs import InputMap
from scrcl_geo._version import __version__
from scrcl_geo.graph import DEFAULT_EDGES, EdgeSpec
from scrcl_geo.graph._fingerprint import fingerprint
from scrcl_geo.losses import Objective
from scrcl_geo.model._network import BIPARTITE, REFINEMENTS, build, default_objective, paper_setting
from scrcl_geo.model._reading import for_encoders, training_batches, unit_scale
from scrcl_geo.model._saving import load
from scrcl_geo.model._trained import TrainedModel
from scrcl_geo.train._retry import passes, train
from scrcl_geo.train._runtime import resolve_device

if TYPE_CHECKING:
    from anndata import AnnData


class ScRCL(TrainedModel):
    """Refinement contrastive learning of cell–gene associations.

    Source: Peng et al., AAAI 2026, arXiv 2512.10640. Differs from the paper: cells enter as principal
    components (the first linear map, fixed, with centring and scaling of genes folded in) and refinement is
    bipartite; ``ScRCL.paper()`` has the paper's choices.

    Parameters
    ----------
    encoder
        GNN view: any module with ``forward(x: (N, F), adj) -> (N, D)`` and an attribute ``out_channels``,
        such as the models of PyG; a two-layer GCN by default.
    objective
        Training objective; the paper's three terms by default.
    use_rep
        Input: a key of ``obsm``, or ``"X"`` for the sparse log expression of the genes in use.
    hidden_channels, out_channels
        Widths D of the views and K of the refined embeddings.
    n_hops
        Smoothing steps before the MLP view and before the GNN view; None takes (0, 1) for cells and (4, 6)
        for tissue, where neighbours are near in space and not alike by construction.
    refinement
        ``"bipartite"`` or the paper's transductive ``"paper"``.
    dropout
        In the GNN view and the refinement.
    max_epochs, learning_rate, weight_decay
        Of the optimiser; in mini-batches, epochs shrink to keep three times as many steps.
    batch_size
        Cells per mini-batch; ``"full"`` for all at once; ``"auto"`` takes all up to 20,000 cells and about
        8,000 at a time beyond.

    Attributes
    ----------
    module_
        The trained :class:`scrcl_geo.nn.ScRCLModule`.
    log_
        The :class:`scrcl_geo.train.TrainingLog`.
    genes_
        Names of the genes in use.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> sg.ScRCL(max_epochs=2).fit(adata, progress=False).embed(adata).shape
    (100, 256)
    """

    def __init__(
        self,
        *,
        encoder: nn.Module | None = None,
        objective: Objective | None = None,
        use_rep: str = _keys.PCA,
        hidden_channels: int = 128,
        out_channels: int = 32,
        n_hops: tuple[int, int] | None = None,
        refinement: str = BIPARTITE,
        dropout: float = 0.2,
        max_epochs: int = 40,
        learning_rate: float = 3e-3,
        weight_decay: float = 0.0,
        batch_size: int | str = "auto",
    ) -> None:
        _validate.one_of("refinement", refinement, REFINEMENTS)
        for name, value in (("hidden_channels", hidden_channels), ("out_channels", out_channels)):
            _validate.at_least(name, value, 1)
        self.encoder = encoder
        self.objective = objective or default_objective()
        self.config: dict[str, Any] = {
            "use_rep": use_rep,
            "hidden_channels": hidden_channels,
            "out_channels": out_channels,
            "n_hops": list(n_hops) if n_hops else None,
            "refinement": refinement,
            "dropout": dropout,
            "max_epochs": max_epochs,
            "learning_rate": learning_rate,
            "weight_decay": weight_decay,
            "batch_size": batch_size,
        }

    @classmethod
    def paper(cls, n_clusters: int = 32, **overrides: Any) -> ScRCL:
        """The paper's setting; see :func:`scrcl_geo.model._network.paper_setting`."""
        return cls(**{**paper_setting(n_clusters), **overrides})

    def fit(
        self,
        adata: AnnData,
        *,
        edges: Sequence[EdgeSpec] = DEFAULT_EDGES,
        max_epochs: int | None = None,
        seed: int = 0,
        device: str = "auto",
        checkpoint: str | Path | None = None,
        checkpoint_every: float = 120.0,
        progress: bool = True,
    ) -> ScRCL:
        """Train on an AnnData with graphs; reads no column of ``obs`` and keeps no reference to it.

        Parameters
        ----------
        adata
            As :func:`scrcl_geo.pp.graph` left it.
        edges
            Edge types of the graph.
        max_epochs
            Instead of the constructor's.
        seed
            Of initialisation and dropout.
        device
            ``"auto"``, ``"cpu"`` or ``"cuda"``.
        checkpoint
            File to keep the state of the training in. Where it is there and of this very run (same input,
            settings, seed and versions), training goes on from it.
        checkpoint_every
            Seconds between two writings of it.
        progress
            Show a progress bar.

        Returns
        -------
        ScRCL
            Itself, trained.

        Raises
        ------
        ScrclInputError
            A graph is missing or cannot be used.
        TrainingError
            Numbers stopped being finite.
        """
        self.device_ = resolve_device(device)
        self.edges_ = tuple(edges)
        self.genes_ = used_genes(adata)
        self.inputs_ = InputMap.of(adata) if self.config["use_rep"] == _keys.PCA else None
        relations = self._relations(adata)
        self.scale_ = unit_scale(relations)
        in_space = any(edge.edge_type == _keys.NEAR and edge.key in adata.obsp for edge in edges)
        self.sizes_ = {
            "in_channels": relations.features["x"].shape[1],
            "n_cells": relations.n_cells,
            "n_genes": len(self.genes_),
        }
        self.n_hops_ = self.config["n_hops"] or ([4, 6] if in_space else [0, 1])
        relations = for_encoders(relations, self.scale_, self._smoothing())
        batches = training_batches(adata, relations, self.config["batch_size"], seed=seed)
        max_epochs = passes(max_epochs or self.config["max_epochs"], len(batches))
        self.objective.stand_for(relations.n_cells)
        self.input_hash_ = fingerprint(relations)
        settings = (self.config, repr(self.encoder), self.objective.config(), seed, max_epochs)
        self.module_, self.log_, self.learning_rate_ = train(
            partial(build, self.config, self.encoder, n_hops=self.n_hops_, **self.sizes_),
            self.objective,
            batches,
            max_epochs=max_epochs,
            learning_rate=self.config["learning_rate"],
            weight_decay=self.config["weight_decay"],
            device=self.device_,
            seed=seed,
            checkpoint=checkpoint,
            checkpoint_every=checkpoint_every,
            run=repr((self.input_hash_, settings, __version__, str(torch.__version__))),
            progress=progress,
        )
        return self

    @classmethod
    def load(cls, path: str | Path, *, encoder: nn.Module | None = None) -> ScRCL:
        """A model that :meth:`save` wrote, on the CPU; pass its kind of ``encoder`` if it had its own."""
        return load(cls, path, encoder)
