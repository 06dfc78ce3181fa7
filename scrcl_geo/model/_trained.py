"""What a model reads, and what it answers when it is trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import normalize
from torch_geometric.data import HeteroData

from scrcl_geo import _keys, _validate
from scrcl_geo._associations.scores import cell_associations, gene_embedding
from scrcl_geo._features.expression import used_expression
from scrcl_geo._features.inputs import InputMap
from scrcl_geo._mapping.reference import Reference
from scrcl_geo._mapping.remember import remember
from scrcl_geo.graph import EdgeSpec
from scrcl_geo.graph._batch_size import resolve_batch_size
from scrcl_geo.graph._convert import expression_of
from scrcl_geo.model._fitting import mark_cells
from scrcl_geo.model._network import DEFAULT, NetworkParts, objective_of
from scrcl_geo.model._paper import PAPER
from scrcl_geo.model._reading import PLAIN, HowHeld, Reading, read_graph
from scrcl_geo.model._saving import OwnObjective, load_state, save_state
from scrcl_geo.nn import Ensemble, Views
from scrcl_geo.train import TrainingLog

if TYPE_CHECKING:
    from typing import Self

    from anndata import AnnData
    from scipy import sparse

    from scrcl_geo.losses import Objective
    from scrcl_geo.train._fit import Batches


class TrainedModel:
    """The graph that is read, embeddings and associations; the base of :class:`scrcl_geo.ScRCL`."""

    config: dict[str, Any]
    parts: NetworkParts
    objective: Objective
    edges: tuple[EdgeSpec, ...]
    module_: Ensemble
    logs_: list[TrainingLog]
    device_: torch.device
    genes_: list[str]
    inputs_: InputMap | None
    reading_: Reading
    sizes_: dict[str, Any]
    input_hash_: str
    reference_: Reference | None = None

    def views(self, source: AnnData | HeteroData) -> Views:
        """Both views of the cells, refined embeddings and genes, as tensors on the model's device."""
        data = self._read(source)
        with torch.no_grad():
            return self.module_.eval()(data)

    def encode(self, source: AnnData | HeteroData) -> np.ndarray:
        """View embeddings alone, (N, 2 D) float32; a graph needs no genes for them."""
        data = self._read(source)
        with torch.no_grad():
            views = self.module_.eval().encoded(data)
        return torch.cat([normalize(h, dim=1) for h in views], dim=1).cpu().numpy()

    def _read(self, source: AnnData | HeteroData) -> HeteroData:
        if not hasattr(self, "module_"):
            raise _validate.fail("the model is not trained", "no fit", "call fit(adata) first")
        held = self._held(source)
        data = read_graph(
            source,
            edges=self.edges,
            use_rep=self.config["use_rep"],
            inputs=self.inputs_,
            genes=self.genes_,
            held=held,
        )
        return self.reading_.ready(data, held).to(self.device_)

    def embed(self, source: AnnData | HeteroData, *, on: str = "z") -> np.ndarray:
        """Embedding of the cells.

        Parameters
        ----------
        source
            Cells with graphs, or a graph: the training data, or new cells with the same genes in use.
        on
            ``"z"`` for the refined views side by side, ``"joint"`` for what they say together, their mean,
            ``"u"`` for the views before refinement.

        Returns
        -------
        numpy.ndarray
            float32 (N, 2 K), (N, K) or (N, 2 D).
        """
        _validate.one_of("on", on, ("joint", "z", "u"))
        views = self.views(source)
        return (views.joint if on == "joint" else views.side_by_side(on)).cpu().numpy()

    def associations(self, source: AnnData | HeteroData) -> sparse.csr_matrix:
        """Association of each cell with each gene it expresses, in the refined space.

        Returns
        -------
        scipy.sparse.csr_matrix
            float32 (N, n_used), columns in the order of ``genes_``.
        """
        cells = self.embed(source)
        from_graph = isinstance(source, HeteroData)
        expression = expression_of(source) if from_graph else used_expression(source)
        genes = gene_embedding(expression, cells)
        return cell_associations(expression, cells, genes)

    def remember(
        self, adata: AnnData, *, groupby: str = _keys.CLUSTERS, n_cells: int = 5000, seed: int = 0
    ) -> TrainedModel:
        """Keep what :func:`scrcl_geo.tl.map` needs of the training cells; :meth:`save` stores it too.

        Parameters
        ----------
        adata
            The training cells with ``obsm["X_scrcl"]`` and clusters.
        groupby
            Column of ``obs`` with the clusters.
        n_cells
            Cells sampled: new cells find their neighbours among them.
        seed
            Of the sample.

        Returns
        -------
        ScRCL
            Itself, with ``reference_``.
        """
        if not hasattr(self, "module_"):
            raise _validate.fail("the model is not trained", "no fit", "call fit(adata) first")
        if self.inputs_ is None:
            raise _validate.fail(
                "the model cannot map new cells", f"use_rep={self.config['use_rep']!r}", "use 'X_scrcl_pca'"
            )
        found_again = (*_keys.MAPPED_EDGES, _keys.COEXPRESSED)
        own = [edge.key for edge in self.edges if edge.edge_type not in found_again]
        if own:
            raise _validate.fail(
                "the model cannot map new cells", f"edges {_validate.shown(own)}", "train without them"
            )
        _validate.at_least("n_cells", n_cells, 20)
        self.reference_ = remember(adata, groupby=groupby, n_cells=n_cells, seed=seed)
        return self

    def graph(self, source: AnnData | HeteroData, *, seed: int = 0) -> HeteroData:
        """The graph that training reads, and what own loaders cut: features scaled and smoothed, relations
        joined, cells marked as held out and, without space, weighted for an even draw."""
        return self._for_training(source, seed=seed)[0]

    def _for_training(
        self, source: AnnData | HeteroData, *, seed: int, held: HowHeld = PLAIN
    ) -> tuple[HeteroData, Reading]:
        data = read_graph(source, edges=self.edges, use_rep=self.config["use_rep"], held=held)
        n_hops, scaled = self.parts.n_hops(self.config), self.config["preset"] != PAPER
        reading = Reading.of(data, n_hops, self.config["joined"], scaled=scaled)
        data = reading.ready(data, held)
        if self.config["mask_rate"]:
            mark_cells(data, seed=seed)
        return data, reading

    @property
    def is_default(self) -> bool:
        """Whether network and objective are those of the default, with its settings or others."""
        own = self.parts.own or self.objective.config() != objective_of(DEFAULT).config()
        return self.config["preset"] == DEFAULT and not own

    def _held(self, source: AnnData | HeteroData, batches: Batches | None = None) -> HowHeld:
        """What a graph holds that nobody else sees."""
        if not self.is_default or isinstance(source, HeteroData) or batches is not None:
            return PLAIN
        size = resolve_batch_size(self.config["batch_size"], source.n_obs)
        joined = any(self.config["n_hops"]) or self.config["joined"] is not None
        return HowHeld(torch.int32, both=size == "full", joined=joined)

    def save(self, path: str | Path) -> None:
        """Write the trained model to a folder, whole or not at all, replacing a model that is there.

        Weights, statistics and the reference of :meth:`remember` as safetensors, the rest as JSON; nothing
        that can run code.
        """
        save_state(self, path)

    @property
    def log_(self) -> TrainingLog:
        """Log of the first network."""
        return self.logs_[0]

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        encoder: nn.Module | None = None,
        cell_encoder: nn.Module | None = None,
        refinement: nn.Module | None = None,
        objective: Objective | None = None,
    ) -> Self:
        """A model that :meth:`save` wrote, on the CPU; pass parts of the same kind where it had its own, and
        its own objective to train it again."""
        state = load_state(path, NetworkParts(cell_encoder, encoder, refinement))
        model = cls(  # type: ignore[call-arg]
            encoder=encoder,
            cell_encoder=cell_encoder,
            refinement=refinement,
            objective=objective,
            edges=state.pop("edges"),
            **state.pop("config"),
        )
        terms = state.pop("objective")
        if objective is None and terms not in (None, model.objective.config()):
            model.objective = OwnObjective(terms)
        for name, value in state.items():
            setattr(model, name, value)
        return model
