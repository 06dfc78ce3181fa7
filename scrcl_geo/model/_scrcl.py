"""ScRCL: one network from AnnData or HeteroData to embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch_geometric.data import HeteroData

from scrcl_geo import _keys, _validate
from scrcl_geo._version import __version__
from scrcl_geo.graph import DEFAULT_EDGES, EdgeSpec
from scrcl_geo.graph._fingerprint import fingerprint
from scrcl_geo.losses import Objective
from scrcl_geo.model._fitting import batches_of, settings_of, sizes_of, train_networks
from scrcl_geo.model._network import DEFAULT, NetworkParts, check_config, objective_of
from scrcl_geo.model._paper import paper_arguments
from scrcl_geo.model._printing import described
from scrcl_geo.model._reading import names_and_inputs
from scrcl_geo.model._sharing import check_shared
from scrcl_geo.model._trained import TrainedModel
from scrcl_geo.train import Checkpoint, Ranks
from scrcl_geo.train._fit import Batches
from scrcl_geo.train._runtime import resolve_device

if TYPE_CHECKING:
    from anndata import AnnData


class ScRCL(TrainedModel):
    """Refinement contrastive learning of cell–gene associations.

    Source: Peng et al., AAAI 2026, arXiv 2512.10640. Differs from the paper: the views are the cell itself
    and its surroundings without it; cells enter as principal components; refinement is bipartite; and both
    views are aligned by the genes of hidden cells, which they both must predict. ``ScRCL.paper()`` has the
    paper's choices.

    Parameters
    ----------
    encoder
        View of a cell by its surroundings: any module of PyG as it is, ``forward(x, edge_index,
        edge_weight=None)`` on the joined cell graph or ``forward(x_dict, edge_index_dict,
        edge_weight_dict=None)`` on every relation; by default :class:`scrcl_geo.nn.NeighborhoodEncoder`.
    cell_encoder
        View of a cell by itself, likewise; as wide as ``encoder`` by default.
    refinement
        ``forward(h, data) -> (cells, genes)``; by default :class:`scrcl_geo.nn.BipartiteRefinement`.
    objective
        By default the likelihood of what hidden cells express.
    edges
        Edge types that are read from an AnnData.
    joined
        Relations of cells that are joined for losses and encoders of one relation; None takes all, in
        tissue all but ``similar_to``.
    use_rep
        Input: a key of ``obsm``, ``"X"`` for sparse log expression, for encoders that read it, or dense
        expression; see :func:`scrcl_geo.graph.to_hetero`.
    hidden_channels, out_channels
        Widths D of the default views and K of the refined embeddings.
    n_hops, dropout
        Smoothing steps before each view, whatever its encoder; dropout in the default parts.
    mask_rate
        Share of the cells that each step hides; training keeps the state that predicts held-out cells
        best. 0, which ``ExpressionLikelihood`` refuses, shows all and stops where the loss comes to rest.
    early_stopping
        False trains for all epochs and keeps the last state.
    n_networks
        Networks trained, a seed each; their embeddings stand side by side.
    max_epochs, learning_rate, weight_decay, max_grad_norm
        Of Adam, and the norm that gradients are clipped to, None for none; in mini-batches, epochs shrink to
        as many steps as there would be on all cells at once.
    batch_size
        Cells per mini-batch, ``"full"``, or ``"auto"``: 2,048, or all cells where these are less than one
        and a half batches.
    preset
        ``"default"`` or ``"paper"``; see :meth:`paper`.

    Attributes
    ----------
    module_
        The trained networks, a :class:`scrcl_geo.nn.Ensemble` of :class:`scrcl_geo.nn.ScRCLModule`.
    log_
        The :class:`scrcl_geo.train.TrainingLog`, of the first network; ``logs_`` has all.
    genes_
        Names of the genes in use.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> sg.ScRCL(max_epochs=2).fit(adata, progress=False).embed(adata).shape
    (100, 64)
    """

    def __init__(
        self,
        *,
        encoder: nn.Module | None = None,
        cell_encoder: nn.Module | None = None,
        refinement: nn.Module | None = None,
        objective: Objective | None = None,
        edges: Sequence[EdgeSpec] = DEFAULT_EDGES,
        joined: Sequence[str] | None = None,
        use_rep: str = _keys.PCA,
        hidden_channels: int = 64,
        out_channels: int = 32,
        n_hops: tuple[int, int] = (0, 0),
        dropout: float = 0.1,
        mask_rate: float = 0.6,
        early_stopping: bool = True,
        n_networks: int = 1,
        max_epochs: int = 150,
        learning_rate: float = 3e-3,
        weight_decay: float = 0.0,
        max_grad_norm: float | None = 1.0,
        batch_size: int | str = "auto",
        preset: str = DEFAULT,
    ) -> None:
        _validate.unique("edge types", [edge.edge_type for edge in edges])
        self.config: dict[str, Any] = {
            "preset": preset,
            "use_rep": use_rep,
            "joined": list(joined) if joined is not None else None,
            "hidden_channels": hidden_channels,
            "out_channels": out_channels,
            "n_hops": list(n_hops),
            "dropout": dropout,
            "mask_rate": mask_rate,
            "early_stopping": early_stopping,
            "n_networks": n_networks,
            "max_epochs": max_epochs,
            "learning_rate": learning_rate,
            "weight_decay": weight_decay,
            "max_grad_norm": max_grad_norm,
            "batch_size": batch_size,
        }
        check_config(self.config)
        self.parts = NetworkParts(cell_encoder, encoder, refinement)
        self.objective = objective or objective_of(preset)
        self.edges = tuple(edges)

    @classmethod
    def paper(
        cls, n_clusters: int = 32, *, dataset: str | None = None, spatial: bool = False, **overrides: Any
    ) -> ScRCL:
        """The published method, for graphs of :func:`scrcl_geo.pp.paper_graph`; ``n_clusters`` is its K.

        Parameters
        ----------
        dataset, spatial
            Settings of one of the paper's sets, by default those for cells, or for tissue; see docs/paper.md.
        overrides
            Of the constructor, or ``temperature``, ``neighborhood_weight`` (λ1), ``consistency_weight`` (λ2).

        Examples
        --------
        >>> import scrcl_geo as sg
        >>> sg.ScRCL.paper(7, dataset="151673").config["n_hops"]
        [10, 8]
        """
        return cls(**paper_arguments(n_clusters, dataset, spatial=spatial, overrides=overrides))

    def fit(
        self,
        source: AnnData | HeteroData,
        *,
        max_epochs: int | None = None,
        seed: int = 0,
        device: str = "auto",
        batches: Batches | None = None,
        checkpoint: Checkpoint | None = None,
        ranks: Ranks | None = None,
        progress: bool = True,
    ) -> ScRCL:
        """Train on an AnnData with graphs or on a graph; reads no column of ``obs`` and keeps no reference.

        Parameters
        ----------
        source
            As :func:`scrcl_geo.pp.graph` left it, or a ``HeteroData`` such as
            :func:`scrcl_geo.graph.to_hetero` makes: ``cell`` with ``x``, ``gene``, relations, and
            ``(cell, expresses, gene)``.
        max_epochs
            Instead of the constructor's.
        seed
            Of initialisation, dropout and the order of batches.
        device
            ``"auto"``, ``"cpu"`` or ``"cuda"``.
        batches
            What an epoch goes through, instead of our partitions: any loader of parts of :meth:`graph`.
        checkpoint
            Where the state of the training is kept, and gone on from where it is of this very run.
        ranks
            Processes that share the training, this one being the first; the others wait in
            :func:`scrcl_geo.model.take_part`.
        progress
            Show a progress bar.

        Returns
        -------
        ScRCL
            Itself, trained.

        Raises
        ------
        ScrclInputError
            A graph is missing or cannot be used, or parts of the network do not fit each other.
        TrainingError
            Numbers stopped being finite.
        """
        self.device_ = resolve_device(device)
        check_shared(self.config["preset"], batches, ranks)
        data, self.reading_ = self._for_training(source, seed=seed, held=self._held(source, batches))
        self.reference_ = None  # it is of the cells of another training
        self.genes_, self.inputs_ = names_and_inputs(source, self.config["use_rep"])
        self.input_hash_, self.sizes_ = fingerprint(data), sizes_of(data)
        genes = self.parts.genes(data, self.config, seed=seed)
        if batches is None:
            batches = batches_of(data, self.config["batch_size"], seed=seed, ranks=ranks)
        del data  # shared out, each process holds its own cells alone
        shown = next(iter(batches)) if self.parts.own else None
        settings = settings_of(self.config, len(batches), max_epochs)
        if checkpoint is not None:
            own = [repr(part) for part in (self.parts, self.objective.config(), self.config, max_epochs)]
            checkpoint.run = repr((self.input_hash_, own, __version__, str(torch.__version__)))
        what: dict[str, Any] = {
            "build": partial(self.parts.build, self.config, self.sizes_, shown, genes),
            "objective": self.objective,
            "settings": settings,
            "n_networks": self.config["n_networks"],
            "seed": seed,
        }
        if ranks is not None:
            ranks.told({**what, "train": train_networks, "device": device})
        self.module_, self.logs_ = train_networks(
            **what,
            batches=batches,
            device=self.device_,
            checkpoint=checkpoint,
            ranks=ranks,
            progress=progress,
        )
        return self

    def __repr__(self) -> str:
        return described(self.config, self.edges, self.parts, self.objective)
