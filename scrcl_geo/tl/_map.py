"""New cells in the embedding and clusters of a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo._mapping.align import Alignment
from scrcl_geo._mapping.answers import Answers
from scrcl_geo._mapping.mapper import Mapper, Relations, fair_blocks
from scrcl_geo._mapping.missing import without_missing
from scrcl_geo.graph._convert import from_matrices
from scrcl_geo.pp import spatial_neighbors
from scrcl_geo.tl._stale import forget_clusters, forget_result

if TYPE_CHECKING:
    from anndata import AnnData
    from scipy import sparse

    from scrcl_geo._features.expression import Expression
    from scrcl_geo._features.inputs import InputMap
    from scrcl_geo._mapping.reference import Reference
    from scrcl_geo.model._trained import TrainedModel


def map(
    adata: AnnData,
    model: TrainedModel | str | Path,
    *,
    layer: str | None = None,
    batch_key: str | None = None,
    key_added: str = _keys.CLUSTERS,
    seed: int = 0,
) -> None:
    """Give new cells the embedding and the clusters of a trained model, without training.

    Genes are found by name; those of the model that are missing are counted in a warning and left out of the
    components. A technical shift of each sample is taken off by comparison with training cells of the same
    kind. Tissue gets graphs of its own; dissociated cells come 50,000 at a time and find half of their
    neighbours among the training cells, the others among these. ``scrcl-geo map`` does the same with a file
    that memory does not hold.

    Parameters
    ----------
    adata
        New cells: the same kind of values as in training, and coordinates where training had them.
    model
        A model that remembers its training cells (see ``ScRCL.remember``), or the folder of one.
    layer
        Layer to read instead of ``X``.
    batch_key
        Column of ``obs`` with the sample or slide; each is mapped by itself.
    key_added
        Column to write; the others are named after it.
    seed
        Of the sorting into kinds and of the cells drawn to find the limit of ``scrcl_unknown``.

    Returns
    -------
    None
        Writes ``obsm["X_scrcl"]`` float32 (N, D), ``obs["scrcl"]`` (categorical with the clusters of
        training), ``obs["scrcl_confidence"]`` float32 from 0 to 1, the probability of that cluster by
        logistic regression on the training cells, as sure as it is right about regions held out, divided by
        the novelty where that is above 1; ``obs["scrcl_novelty"]`` float32 and ``obs["scrcl_unknown"]`` bool,
        novelty above 1: unlike the training cells; and ``uns["scrcl_map"]`` (dict: ``n_genes``, ``missing``,
        ``n_unknown``, ``seed``, ``version``, and ``samples``, a DataFrame with ``sample``, its ``distance``:
        how many times as far from training cells as from each other its typical cell lies, and ``unlike``
        bool: a distance above 2). Of a sample unlike the training cells, all cells are unknown, their
        confidence is divided by the distance, and a warning says so.

    Raises
    ------
    ScrclInputError
        No such model, another kind of values, fewer than a tenth of the genes, or no coordinates.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_cells=150)
    >>> old, new = (adata[adata.obs["slide"] == f"slide_{i}"].copy() for i in (1, 2))
    >>> sg.pp.graph(old)
    >>> model = sg.ScRCL(max_epochs=2)
    >>> sg.tl.embed(old, model=model, progress=False)
    >>> sg.tl.cluster(old, 5)
    >>> sg.tl.map(new, model.remember(old))
    >>> new.obsm["X_scrcl"].shape == old.obsm["X_scrcl"].shape
    True
    """
    if isinstance(model, str | Path):
        from scrcl_geo.model import ScRCL

        model = ScRCL.load(model)
    reference = remembered(model)
    matrix = checks.data_matrix(adata, layer)
    samples = _samples(adata, batch_key)
    coordinates = checks.coordinates(adata, _keys.SPATIAL) if reference.in_space else None
    alignment = Alignment(adata.var_names, reference.genes, reference.reading)
    expression = alignment.expression(matrix)
    embedding = np.empty((adata.n_obs, reference.width), np.float32)
    answers = Answers(reference, adata.n_obs)
    for name, cells in samples.items():
        own = expression.rows(cells)
        typical = own.rows(next(fair_blocks(len(cells))))
        mapper = mapper_of(model, alignment.present, typical, n_cells=len(cells), seed=seed)
        if coordinates is not None:
            near = _in_space(coordinates[cells], reference.neighbors[_keys.SPATIAL_NEIGHBORS])
            embedding[cells], novelty = mapper.tissue(own, near)
        else:
            measures = np.empty((2, len(cells)), np.float32)
            for block in fair_blocks(len(cells)):
                embedding[cells[block]], measures[:, block] = mapper.block(own.rows(block))
            novelty = mapper.novelty(measures)
        answers.clusters(cells, embedding[cells])
        answers.sample(name, cells, novelty)
    columns = answers.columns(key_added)
    forget_result(adata)
    forget_clusters(adata, key_added, pd.Series(columns[key_added], index=adata.obs_names))
    adata.obsm[_keys.EMBEDDING] = embedding
    for column, values in columns.items():
        adata.obs[column] = values
    adata.uns[_keys.MAPPING] = answers.summary(alignment.present, seed)


def remembered(model: TrainedModel) -> Reference:
    """What a model keeps of its training cells.

    Raises
    ------
    ScrclInputError
        Nothing.
    """
    if model.reference_ is None or model.inputs_ is None:
        raise _validate.fail(
            "the model remembers no training cells",
            "weights alone",
            "save it with --save-model, or call model.remember(adata) before model.save",
        )
    return model.reference_


def mapper_of(
    model: TrainedModel, present: np.ndarray, typical: Expression, *, n_cells: int, seed: int
) -> Mapper:
    """The mapper of one sample, as :class:`scrcl_geo._mapping.mapper.Mapper` describes it."""

    read = {edge.edge_type for edge in model.edges}

    def embed(features: np.ndarray, relations: Relations, log: sparse.csr_matrix) -> np.ndarray:
        known = {name: matrix for name, matrix in relations.items() if name in read}
        return model.embed(from_matrices(features, known, log), on="joint")

    inputs = without_missing(cast("InputMap", model.inputs_), present)
    return Mapper(remembered(model), inputs, embed, present, typical, n_cells=n_cells, seed=seed)


def _samples(adata: AnnData, batch_key: str | None) -> dict[str, np.ndarray]:
    """Positions of the cells of each sample."""
    if batch_key is None:
        return {"": np.arange(adata.n_obs)}
    return checks.cells_of_samples(_validate.key(adata.obs, batch_key, slot="obs"), batch_key)


def _in_space(coordinates: np.ndarray, n_neighbors: int) -> sparse.csr_matrix:
    from anndata import AnnData

    slide = AnnData(obs=pd.DataFrame(index=np.arange(len(coordinates)).astype(str)))
    slide.obsm[_keys.SPATIAL] = coordinates
    spatial_neighbors(slide, n_neighbors=n_neighbors)
    return slide.obsp[_keys.SPATIAL_CONNECTIVITIES]
