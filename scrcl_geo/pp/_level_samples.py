"""Genes of all slides at one level."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys
from scrcl_geo._features import checks
from scrcl_geo._features.expression import used_expression
from scrcl_geo._features.sample_scales import sample_scales
from scrcl_geo._features.values import SCALED

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)


def level_samples(adata: AnnData, batch_key: str, *, seed: int = 0) -> None:
    """Take off what a slide measures more or less of each gene than the largest slide, among cells of a kind.

    Components, graphs and training read the levelled expression; ``X`` stays as it is. Scaled values are left
    alone. Source of the estimate: Mantel and Haenszel, J Natl Cancer Inst 1959.

    Parameters
    ----------
    adata
        As :func:`select_genes` left it.
    batch_key
        Column of ``obs`` with the slide.
    seed
        Of the sorting into kinds.

    Returns
    -------
    None
        Writes ``varm["scrcl_sample_scales"]`` float32 (G, B), the factor of each gene in each slide, 1 for
        genes not in use, and ``uns["scrcl_graph"]["samples"]``, the names of the slides.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy()
    >>> sg.pp.select_genes(adata)
    >>> sg.pp.level_samples(adata, "slide")
    >>> adata.varm["scrcl_sample_scales"].shape
    (200, 2)
    """
    params = adata.uns[_keys.GRAPH_PARAMS]
    params.pop("samples", None)  # of an earlier call: read what is stored
    adata.varm.pop(_keys.SAMPLE_SCALES, None)
    sample = checks.samples(adata, batch_key)
    names = adata.obs[batch_key].astype("category").cat.remove_unused_categories().cat.categories
    if params["values"] == SCALED or len(names) < 2:
        return
    scales = np.ones((adata.n_vars, len(names)), np.float32)
    scales[adata.var[_keys.USED_GENES].to_numpy()] = sample_scales(
        used_expression(adata), sample, seed=seed
    ).T
    adata.varm[_keys.SAMPLE_SCALES] = scales
    params["batch_key"], params["samples"] = batch_key, names.astype(str).tolist()
    spread = np.log(scales[adata.var[_keys.USED_GENES].to_numpy()]).std(axis=0)
    logger.info(
        "slides are brought to one level: factors of their genes spread by %s (log)",
        ", ".join(f"{s:.2f}" for s in spread),
    )
