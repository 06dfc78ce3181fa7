"""Train and write the embedding."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrcl_geo import _keys
from scrcl_geo._features.parts import effective_rank
from scrcl_geo._neighbors.reach import averaged_hops
from scrcl_geo._neighbors.smoothing import smooth
from scrcl_geo._schema.result import stored
from scrcl_geo._version import __version__
from scrcl_geo.pp import reach
from scrcl_geo.tl._result_graph import neighbors
from scrcl_geo.tl._stale import forget_views

if TYPE_CHECKING:
    from anndata import AnnData

    from scrcl_geo.model import ScRCL
    from scrcl_geo.train import Checkpoint, Ranks

logger = logging.getLogger(__name__)

_NEIGHBORS_UP_TO = 100_000  # cells; beyond, their neighbours take longer than the network
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
    ranks: Ranks | None = None,
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
    checkpoint, ranks
        Where to keep the state of the training, and who shares it; see :meth:`scrcl_geo.ScRCL.fit`.
    progress
        Show a progress bar.

    Returns
    -------
    None
        Writes ``obsm["X_scrcl_refined"]`` float32 (N, 2 K · networks), the two refined views of each network;
        ``obsm["X_scrcl"]`` float32 (N, K · networks), what is to be clustered: what both views say together,
        their mean, in tissue averaged over a quarter of its reach (:func:`scrcl_geo.pp.reach`); and
        ``uns["scrcl"]`` (dict: ``params``, ``losses`` DataFrame epoch × term, ``stopped``,
        ``learning_rate`` that it took, ``effective_rank`` of the views, ``seed``, ``device``, ``versions``,
        ``input_hash``, ``from_network``, ``n_hops`` of the average, ``input_votes``: whether
        :func:`cluster` may hear ``X_scrcl_pca`` beside the network). Up to 100,000 cells it also writes what
        :func:`neighbors` does, so that scanpy's tools go on with ``neighbors_key="scrcl"``. Where the views
        have collapsed or training did not help to predict held-out cells, warns, and ``X_scrcl`` is
        what the network reads instead, in tissue averaged over half of its reach. Of ``ScRCL.paper()``, it is
        ``X_scrcl_refined``.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> sg.tl.embed(adata, max_epochs=2, progress=False)
    >>> sorted(adata.obsm)
    ['X_scrcl', 'X_scrcl_composition', 'X_scrcl_pca', 'X_scrcl_refined', 'spatial']
    """
    import torch
    import torch_geometric

    from scrcl_geo.model import ScRCL
    from scrcl_geo.model._paper import PAPER

    model = model or ScRCL()
    model.fit(
        adata,
        max_epochs=max_epochs,
        seed=seed,
        device=device,
        checkpoint=checkpoint,
        ranks=ranks,
        progress=progress,
    )
    views = model.views(adata)
    rank = effective_rank(views.u1.cpu().numpy(), views.u2.cpu().numpy())
    refined, joint = views.side_by_side("z").cpu().numpy(), views.joint.cpu().numpy()
    del views
    published, use_rep = model.config["preset"] == PAPER, model.config["use_rep"]
    from_network = published or _worth_reading(rank, model)
    n_hops = 0 if published else _hops(adata, views=from_network)
    if published:
        embedding = refined  # the paper clusters both views as they are
    elif from_network:
        embedding = joint
    else:
        embedding = np.asarray(adata.obsm[use_rep if use_rep in adata.obsm else _keys.PCA], np.float32)
    if n_hops:
        embedding = smooth(embedding, adata.obsp[_keys.SPATIAL_CONNECTIVITIES], n_hops)
    if key_added == _keys.EMBEDDING:
        forget_views(adata)
    adata.obsm[key_added] = embedding
    adata.obsm[f"{key_added}_refined"] = refined
    losses = pd.DataFrame(model.log_.losses)
    losses.index = losses.index.astype(str)
    adata.uns[_keys.RESULTS] = {
        "params": {**model.config, "input": use_rep},
        "objective": {term["name"]: term for term in model.objective.config()},
        "edges": ["/".join(edge.edge_type) for edge in model.edges],
        "from_network": from_network,
        "n_hops": n_hops,
        "input_votes": use_rep == _keys.PCA and (model.is_default or not from_network),
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
    if adata.n_obs <= _NEIGHBORS_UP_TO:
        neighbors(adata, use_rep=key_added, seed=seed)


def _worth_reading(rank: float, model: ScRCL) -> bool:
    """Whether the views tell cells apart and have learned anything."""
    if rank < _COLLAPSED:
        logger.warning("the views have collapsed (effective rank %.2f): the input stands alone", rank)
        return False
    if not any(log.learned for log in model.logs_):
        logger.warning("training did not help to predict held-out cells: the input stands alone")
        return False
    return True


def _hops(adata: AnnData, *, views: bool) -> int:
    """Hops over which an embedding is averaged: none without space."""
    if _keys.SPATIAL_CONNECTIVITIES not in adata.obsp:
        return 0
    found = stored(adata, "uns", _keys.REACH)
    return averaged_hops(int(found["reach"]) if found else reach(adata), views=views)
