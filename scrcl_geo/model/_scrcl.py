"""ScRCL: one network from AnnData or HeteroData to embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch_geometric.data import HeteroData

from scrcl_geo import _keys, _validate
from scrcl_geo._features.expression import used_genes
from scrcl_geo._features.inputs import InputMap
from scrcl_geo._version import __version__
from scrcl_geo.graph import DEFAULT_EDGES, CellBatches, EdgeSpec
from scrcl_geo.graph._batch_size import resolve_batch_size
from scrcl_geo.graph._batches import partition
from scrcl_geo.graph._fingerprint import fingerprint
from scrcl_geo.losses import Objective
from scrcl_geo.model._network import NetworkParts, default_objective, paper_setting
from scrcl_geo.model._reading import Reading, read_graph
from scrcl_geo.model._saving import load_state
from scrcl_geo.model._trained import TrainedModel
from scrcl_geo.train import Checkpoint, TrainingSettings
from scrcl_geo.train._fit import Batches
from scrcl_geo.train._retry import train
from scrcl_geo.train._runtime import resolve_device

if TYPE_CHECKING:
    from anndata import AnnData

_STEPS_FOR_ONE = 3  # noisy steps on batches stand in for one on all cells
_MOST_HOPS = 1000


class ScRCL(TrainedModel):
    """Refinement contrastive learning of cell–gene associations.

    Source: Peng et al., AAAI 2026, arXiv 2512.10640. Differs from the paper: cells enter as principal
    components (the first linear map, fixed, with centring and scaling of genes folded in) and refinement is
    bipartite; ``ScRCL.paper()`` has the paper's choices.

    Parameters
    ----------
    encoder
        GNN view: any module of PyG as it is, ``forward(x, edge_index, edge_weight=None)`` on the joined cell
        graph or ``forward(x_dict, edge_index_dict, edge_weight_dict=None)`` on every relation; a two-layer
        GCN by default.
    cell_encoder
        MLP view, likewise; as wide as ``encoder`` by default.
    refinement
        Module ``forward(h, data) -> (refined cells, genes)``; by default
        :class:`scrcl_geo.nn.BipartiteRefinement`.
    objective
        Training objective; the paper's three terms by default.
    edges
        Edge types of the graph that is read from an AnnData.
    joined
        Names of the relations of cells that are joined for the losses and for encoders of one relation; None
        takes all, in tissue all but ``similar_to``.
    use_rep
        Input: a key of ``obsm``, or ``"X"`` for the sparse log expression of the genes in use.
    hidden_channels, out_channels
        Widths D of the default views and K of the refined embeddings.
    n_hops
        Smoothing steps before the MLP view and before the GNN view, whatever their encoders; None takes
        (0, 1) for cells and (4, 6) for tissue, where neighbours are near in space and not alike by
        construction.
    dropout
        In the default GNN view and refinement.
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
        cell_encoder: nn.Module | None = None,
        refinement: nn.Module | None = None,
        objective: Objective | None = None,
        edges: Sequence[EdgeSpec] = DEFAULT_EDGES,
        joined: Sequence[str] | None = None,
        use_rep: str = _keys.PCA,
        hidden_channels: int = 128,
        out_channels: int = 32,
        n_hops: tuple[int, int] | None = None,
        dropout: float = 0.2,
        max_epochs: int = 40,
        learning_rate: float = 3e-3,
        weight_decay: float = 0.0,
        batch_size: int | str = "auto",
    ) -> None:
        for name, value in (("hidden_channels", hidden_channels), ("out_channels", out_channels)):
            _validate.at_least(name, value, 1)
        for n in n_hops or ():
            _validate.within("n_hops", n, 0, _MOST_HOPS)
        _validate.unique("edge types", [edge.edge_type for edge in edges])
        self.parts = NetworkParts(cell_encoder, encoder, refinement)
        self.objective = objective or default_objective()
        self.edges = tuple(edges)
        self.config: dict[str, Any] = {
            "use_rep": use_rep,
            "joined": list(joined) if joined is not None else None,
            "hidden_channels": hidden_channels,
            "out_channels": out_channels,
            "n_hops": list(n_hops) if n_hops else None,
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
        source: AnnData | HeteroData,
        *,
        max_epochs: int | None = None,
        seed: int = 0,
        device: str = "auto",
        batches: Batches | None = None,
        checkpoint: Checkpoint | None = None,
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
            What an epoch goes through instead of our own partitions: any loader that yields ``HeteroData``
            cut from :meth:`graph`.
        checkpoint
            Where to keep the state of the training. Where a state of this very run (same input, settings,
            seed and versions) is there, training goes on from it.
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
        data = self.graph(source)
        self.genes_, self.inputs_ = _names_and_inputs(source, self.config["use_rep"])
        self.input_hash_ = fingerprint(data)
        left = self.reading_.left(data)
        self.sizes_ = {"in_channels": int(data[_keys.CELL].x.shape[1]), "hops1": left[0], "hops2": left[1]}
        batches = batches if batches is not None else self._batches(data, seed)
        settings = TrainingSettings(
            max_epochs=_passes(max_epochs or self.config["max_epochs"], len(batches)),
            learning_rate=self.config["learning_rate"],
            weight_decay=self.config["weight_decay"],
        )
        if checkpoint is not None:
            own = [repr(part) for part in (self.parts, self.objective.config(), self.config, settings, seed)]
            checkpoint.run = repr((self.input_hash_, own, __version__, str(torch.__version__)))
        self.module_, self.log_ = train(
            partial(
                self.parts.build, self.config, self.sizes_, next(iter(batches)) if self.parts.own else None
            ),
            self.objective,
            batches,
            settings,
            device=self.device_,
            seed=seed,
            checkpoint=checkpoint,
            progress=progress,
        )
        return self

    def graph(self, source: AnnData | HeteroData) -> HeteroData:
        """The graph that training would read, with features scaled and smoothed; what own loaders cut.

        Of an untrained model; :meth:`views` reads new cells as training did.
        """
        data = read_graph(source, edges=self.edges, use_rep=self.config["use_rep"])
        self.reading_ = Reading.of(data, self.config["n_hops"], self.config["joined"])
        return self.reading_.ready(data)

    def _batches(self, data: HeteroData, seed: int) -> Batches:
        """The whole graph as a list of one, or mini-batches of it."""
        size = resolve_batch_size(self.config["batch_size"], int(data[_keys.CELL].num_nodes))
        if size == "full":
            return [data]
        return CellBatches(data, partition(data, int(size), seed=seed), int(size))

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        encoder: nn.Module | None = None,
        cell_encoder: nn.Module | None = None,
        refinement: nn.Module | None = None,
    ) -> ScRCL:
        """A model that :meth:`save` wrote, on the CPU; pass parts of the same kind where it had its own."""
        state = load_state(path, NetworkParts(cell_encoder, encoder, refinement))
        model = cls(
            encoder=encoder,
            cell_encoder=cell_encoder,
            refinement=refinement,
            edges=state.pop("edges"),
            **state.pop("config"),
        )
        for name, value in state.items():
            setattr(model, name, value)
        return model


def _passes(max_epochs: int, n_batches: int) -> int:
    """Epochs in mini-batches."""
    return max_epochs if n_batches == 1 else max(1, -(-_STEPS_FOR_ONE * max_epochs // n_batches))


def _names_and_inputs(source: AnnData | HeteroData, use_rep: str) -> tuple[list[str], InputMap | None]:
    """Names of the genes in use, and the map that new cells go through; a graph has neither."""
    if isinstance(source, HeteroData):
        n_genes = int(source[_keys.GENE].num_nodes) if _keys.GENE in source.node_types else 0
        return [str(i) for i in range(n_genes)], None
    return used_genes(source), InputMap.of(source) if use_rep == _keys.PCA else None
