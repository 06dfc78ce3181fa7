"""New cells in the embedding and clusters of a trained model."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo._mapping.align import align
from scrcl_geo._mapping.missing import without_missing
from scrcl_geo._mapping.novelty import Novelty, novelty
from scrcl_geo._mapping.shift import shift
from scrcl_geo._neighbors.balanced import joint_graph
from scrcl_geo._neighbors.knn import connectivities, knn_distances
from scrcl_geo._neighbors.smoothing import smooth
from scrcl_geo._version import __version__
from scrcl_geo.graph._convert import from_matrices
from scrcl_geo.pp import spatial_neighbors

if TYPE_CHECKING:
    from anndata import AnnData
    from torch_geometric.data import HeteroData

    from scrcl_geo._mapping.reference import Reference
    from scrcl_geo.model._trained import TrainedModel

logger = logging.getLogger(__name__)

_UNLIKE = 2  # times as far from training cells as from each other; slides of one kind stay below 1.2
_WIDER = 2  # half of the reach instead of a quarter, since no view has looked around yet


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
    kind. Tissue gets graphs of its own; dissociated cells find half
    of their neighbours among the training cells.

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
    reference = model.reference_
    if reference is None or model.inputs_ is None:
        raise _validate.fail(
            "the model remembers no training cells",
            "weights alone",
            "save it with --save-model, or call model.remember(adata) before model.save",
        )
    batches = _batches(adata, batch_key)
    coordinates = checks.coordinates(adata, _keys.SPATIAL) if reference.in_space else None
    expression, present = align(adata, reference.genes, reference.reading, layer)
    features = without_missing(model.inputs_, present).of_expression(expression)
    log_expression = expression.log()
    embedding = np.empty((adata.n_obs, reference.embedding.shape[1]), np.float32)
    beyond, distances = np.empty(adata.n_obs, np.float32), {}
    for name, cells in batches.items():
        new = NewCells(features[cells], log_expression[cells], None)
        if coordinates is not None:
            new = new._replace(coordinates=coordinates[cells])
        embedding[cells], (beyond[cells], distances[name]) = _one(model, reference, new, present, seed)

    probability = reference.classifier.probabilities(embedding)
    best = probability.argmax(axis=1)
    samples, doubt, unknown = _doubt(beyond, distances, batches)
    missing = np.array(reference.genes.names)[reference.genes.used][~present]
    adata.obsm[_keys.EMBEDDING] = embedding
    adata.obs[key_added] = pd.Categorical.from_codes(best, reference.clusters, ordered=True)
    adata.obs[f"{key_added}_confidence"] = (probability.max(axis=1) / doubt).astype(np.float32)
    adata.obs[f"{key_added}_novelty"] = beyond
    adata.obs[f"{key_added}_unknown"] = unknown
    adata.uns[_keys.MAPPING] = {
        "n_genes": len(present),
        "missing": missing,
        "n_unknown": int(unknown.sum()),
        "samples": samples,
        "seed": seed,
        "version": __version__,
    }
    logger.info("mapped %d cells, %d of them unlike the training cells", adata.n_obs, unknown.sum())


def _doubt(
    novelty: np.ndarray, distances: dict[str, float], batches: dict[str, np.ndarray]
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The table of samples; what divides confidence, (N,); and which cells are unknown, (N,)."""
    samples = pd.DataFrame({"sample": list(distances), "distance": list(distances.values())})
    samples["unlike"] = samples["distance"] > _UNLIKE
    doubt, unknown = np.maximum(novelty, 1), novelty > 1
    for name in samples["sample"][samples["unlike"]]:
        cells, distance = batches[name], distances[name]
        doubt[cells], unknown[cells] = np.maximum(doubt[cells], distance), True
        logger.warning(
            "%s is unlike the training cells, %.1f times as far from them as from itself; doubt clusters",
            f"sample {name!r}" if name else "the sample",
            distance,
        )
    return samples, doubt, unknown


class NewCells(NamedTuple):
    """The cells of one sample: features (n, F), log expression (n, G) and coordinates in tissue."""

    features: np.ndarray
    expression: sparse.csr_matrix
    coordinates: np.ndarray | None


def _one(
    model: TrainedModel, reference: Reference, new: NewCells, present: np.ndarray, seed: int
) -> tuple[np.ndarray, Novelty]:
    """Embedding (n, D) and novelty of the cells of one sample that has the genes ``present`` (n_used,)."""
    measured = reference.expression[:, present], new.expression[:, present]
    known = reference.features.astype(np.float32)
    features = new.features - shift(new.features, known, seed=seed)
    n_neighbors = reference.neighbors[_keys.NEIGHBORS]
    if new.coordinates is not None:
        near = _in_space(new.coordinates, reference.neighbors[_keys.SPATIAL_NEIGHBORS])
        similar = connectivities(knn_distances(features, n_neighbors, metric="cosine", seed=seed))
        relations = {_keys.SIMILAR: similar, _keys.NEAR: near, _keys.COEXPRESSED: reference.coexpression}
        data = from_matrices(features, relations, new.expression)
        embedding = smooth(_embedded(model, reference, features, data), near, reference.n_hops)
        return embedding, novelty(*measured, near=near, n_hops=max(1, _WIDER * reference.n_hops), seed=seed)
    both = np.concatenate([known, features])
    # training cells lend their features; what they express is not kept
    nothing = sparse.csr_matrix((len(known), new.expression.shape[1]), dtype=np.float32)
    expression = sparse.vstack([nothing, new.expression], format="csr")
    relations = {
        _keys.SIMILAR: joint_graph(known, features, n_neighbors),
        _keys.COEXPRESSED: reference.coexpression,
    }
    data = from_matrices(both, relations, expression)
    # the network draws cells of no kind it knows to kinds it knows; what they express tells
    return _embedded(model, reference, both, data)[len(known) :], novelty(*measured, seed=seed)


def _embedded(
    model: TrainedModel, reference: Reference, features: np.ndarray, data: HeteroData
) -> np.ndarray:
    """What both refined views say, or the input where :func:`scrcl_geo.tl.embed` handed that out."""
    return model.embed(data, on="joint") if reference.from_network else features


def _batches(adata: AnnData, batch_key: str | None) -> dict[str, np.ndarray]:
    """Positions of the cells of each sample."""
    if batch_key is None:
        return {"": np.arange(adata.n_obs)}
    codes, names = checks.samples(adata, batch_key), adata.obs[batch_key].astype(str).to_numpy()
    positions = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    return {names[cells[0]]: cells for cells in positions}


def _in_space(coordinates: np.ndarray, n_neighbors: int) -> sparse.csr_matrix:
    from anndata import AnnData

    slide = AnnData(obs=pd.DataFrame(index=np.arange(len(coordinates)).astype(str)))
    slide.obsm[_keys.SPATIAL] = coordinates
    spatial_neighbors(slide, n_neighbors=n_neighbors)
    return slide.obsp[_keys.SPATIAL_CONNECTIVITIES]
