"""Train and write the embedding."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrcl_geo import _keys
from scrcl_geo._features.parts import effective_rank, join, scaling
from scrcl_geo._neighbors.smoothing import smooth
from scrcl_geo._version import __version__

if TYPE_CHECKING:
    from anndata import AnnData

    from scrcl_geo.model import ScRCL
    from scrcl_geo.train import Checkpoint

logger = logging.getLogger(__name__)

HOPS_OF_TISSUE = 4  # of the input beside the network, where neighbours are near
# blocks of the embedding: the two refined views, what they say together, and what was read
VIEWS, JOINT, INPUT = "views", "joint", "input"
_COLLAPSED = 1.5  # effective rank: one direction holds nearly everything


def embed(
    adata: AnnData,
    *,
    model: ScRCL | None = None,
    max_epochs: int | None = None,
    key_added: str = _keys.EMBEDDING,
    seed: int = 0,
    device: str = "auto",
    checkpoint: Checkpoint | None = None,
    progress: bool = True,
) -> None:
    """Train scRCL on the graphs of an AnnData and write the embedding; reads no column of ``obs``.

    Parameters
    ----------
    adata
        As :func:`scrcl_geo.pp.graph` left it.
    model
        What to train, in place: :class:`scrcl_geo.ScRCL` with its defaults if None, ``ScRCL.paper()``, or
        your own.
    max_epochs
        Instead of the model's.
    key_added
        Key of ``obsm``; the refined embedding is written to the same key with ``_refined`` appended.
    seed
        Of initialisation and dropout.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``.
    checkpoint
        Where to keep the state of the training; see :meth:`scrcl_geo.ScRCL.fit`.
    progress
        Show a progress bar.

    Returns
    -------
    None
        Writes ``obsm["X_scrcl_refined"]`` float32 (N, 2 K), the two refined views; ``obsm["X_scrcl"]``
        float32 (N, 3 K + F), these, their mean and the input side by side, each of total variance 1; and
        ``uns["scrcl"]`` (dict: ``params``, ``losses`` DataFrame epoch × term, ``stopped``,
        ``learning_rate`` that it took, ``effective_rank`` of the views, ``seed``, ``device``, ``versions``,
        ``input_hash``, ``blocks`` with the columns of each part of the embedding, ``scaling`` with their
        centre and scale). Warns where the views have collapsed.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> sg.tl.embed(adata, max_epochs=2, progress=False)
    >>> sorted(adata.obsm)
    ['X_pca', 'X_scrcl', 'X_scrcl_refined', 'spatial']
    """
    import torch
    import torch_geometric

    from scrcl_geo.model import ScRCL

    model = model or ScRCL()
    model.fit(
        adata,
        max_epochs=max_epochs,
        seed=seed,
        device=device,
        checkpoint=checkpoint,
        progress=progress,
    )
    views = model.views(adata)
    refined = views.side_by_side("z").cpu().numpy()
    rank = effective_rank(views.side_by_side("u").cpu().numpy())
    parts = {INPUT: _input(adata)}
    if rank < _COLLAPSED:
        logger.warning("the views have collapsed (effective rank %.2f): the input stands alone", rank)
    elif not any(log.learned for log in model.logs_):
        logger.warning("training did not help to predict held-out cells: the input stands alone")
    else:
        parts = {VIEWS: refined, JOINT: views.joint.cpu().numpy(), **parts}
    adata.obsm[key_added] = join(*parts.values())
    adata.obsm[f"{key_added}_refined"] = refined
    losses = pd.DataFrame(model.log_.losses)
    losses.index = losses.index.astype(str)
    adata.uns[_keys.RESULTS] = {
        "params": {**model.config, "n_hops": list(model.reading_.n_hops)},
        "objective": {term["name"]: term for term in model.objective.config()},
        "edges": ["/".join(edge.edge_type) for edge in model.edges],
        "blocks": {key_added: _columns(parts)},
        "scaling": {key_added: scaling(*parts.values())},
        "losses": losses,
        "stopped": model.log_.stopped,
        "learning_rate": model.log_.learning_rate,
        "effective_rank": rank,
        "input_hash": model.input_hash_,
        "seed": seed,
        "device": str(model.device_),
        "versions": {
            "scrcl_geo": __version__,
            "torch": str(torch.__version__),  # a subclass of str that .h5ad cannot hold
            "torch_geometric": torch_geometric.__version__,
        },
    }


def _input(adata: AnnData) -> np.ndarray:
    """What the network read, so that nothing it may lose is lost; in tissue smoothed."""
    x = np.asarray(adata.obsm[_keys.PCA])
    if _keys.SPATIAL_CONNECTIVITIES not in adata.obsp:
        return x
    return smooth(x, adata.obsp[_keys.SPATIAL_CONNECTIVITIES], HOPS_OF_TISSUE)


def _columns(parts: dict[str, np.ndarray]) -> dict[str, list[int]]:
    """First and last column of each part, put side by side."""
    stops = np.cumsum([part.shape[1] for part in parts.values()]).tolist()
    return {name: [a, b] for name, a, b in zip(parts, [0, *stops], stops, strict=False)}
