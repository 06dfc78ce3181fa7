"""What a trained model answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from scrcl_geo import _keys, _validate
from scrcl_geo._association_scores import cell_associations, gene_embedding
from scrcl_geo._features.expression import used_expression
from scrcl_geo._features.inputs import InputMap
from scrcl_geo._mapping.reference import Reference
from scrcl_geo._mapping.remember import remember
from scrcl_geo.graph import EdgeSpec
from scrcl_geo.graph._relations import Relations
from scrcl_geo.model._network import smoothing
from scrcl_geo.model._reading import encoded, for_encoders, model_relations, whole
from scrcl_geo.model._saving import save
from scrcl_geo.nn import ScRCLModule, Views

if TYPE_CHECKING:
    from anndata import AnnData
    from scipy import sparse


class TrainedModel:
    """Embeddings and associations from what training left behind; the base of :class:`scrcl_geo.ScRCL`."""

    config: dict[str, Any]
    module_: ScRCLModule
    device_: torch.device
    edges_: tuple[EdgeSpec, ...]
    genes_: list[str]
    inputs_: InputMap | None
    scale_: float
    n_hops_: list[int]
    encoder: nn.Module | None
    reference_: Reference | None = None

    def views(self, adata: AnnData) -> Views:
        """Both views of the cells, refined embeddings and genes, as tensors on the model's device."""
        if not hasattr(self, "module_"):
            raise _validate.fail("the model is not trained", "no fit", "call fit(adata) first")
        with torch.no_grad():
            relations = for_encoders(self._relations(adata), self.scale_, self._smoothing())
            return self.module_.eval()(whole(relations).to(self.device_))

    def embed(self, adata: AnnData, *, on: str = "u") -> np.ndarray:
        """Embedding of the cells, the two views side by side.

        Parameters
        ----------
        adata
            Cells with graphs: the training data, or new cells with the same genes in use.
        on
            ``"u"`` for the view embeddings, ``"z"`` for the refined ones.

        Returns
        -------
        numpy.ndarray
            float32 (N, 2 D) or (N, 2 K).
        """
        return self.views(adata).side_by_side(on).cpu().numpy()

    def associations(self, adata: AnnData) -> sparse.csr_matrix:
        """Association of each cell with each gene it expresses, in the refined space.

        Returns
        -------
        scipy.sparse.csr_matrix
            float32 (N, n_used), columns in the order of ``genes_``.
        """
        cells = self.embed(adata, on="z")
        expression = used_expression(adata)
        genes = gene_embedding(expression, cells)
        return cell_associations(expression, cells, genes)

    def encode(self, features: np.ndarray, adjacency: sparse.csr_matrix) -> np.ndarray:
        """View embeddings of any cells, from the components of their expression and a graph.

        Shapes: ``features`` (N, F), ``adjacency`` (N, N) symmetric 0/1 → float32 (N, 2 D).
        """
        return encoded(
            self.module_.eval(), features * self.scale_, adjacency, self._smoothing(), self.device_
        )

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
                "the model cannot map new cells", f"use_rep={self.config['use_rep']!r}", "use 'X_pca'"
            )
        own = [e.key for e in self.edges_ if e.attr == "obsp" and e.edge_type not in _keys.MAPPED_EDGES]
        if own:
            raise _validate.fail(
                "the model cannot map new cells", f"edges {_validate.shown(own)}", "train without them"
            )
        _validate.at_least("n_cells", n_cells, 20)
        self.reference_ = remember(adata, groupby=groupby, n_cells=n_cells, seed=seed)
        return self

    def save(self, path: str | Path) -> None:
        """Write the trained model to a folder, whole or not at all, replacing a model that is there.

        Weights, statistics and the reference of :meth:`remember` as safetensors, the rest as JSON; nothing
        that can run code.
        """
        save(self, path)

    def _relations(self, adata: AnnData) -> Relations:
        return model_relations(
            adata,
            edges=self.edges_,
            use_rep=self.config["use_rep"],
            inputs=self.inputs_,
            genes=self.genes_,
        )

    def _smoothing(self) -> tuple[int, int]:
        return smoothing(self.config, self.encoder, self.n_hops_)
