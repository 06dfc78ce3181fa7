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

    Components, graphs and training read the levelled expression; ``X`` stays as it is. A slide is levelled
    only where its factors are the same in kinds of cells that are unlike, as those of a technology are:
    sections of different tumours, and noise of rare genes, are left alone, and so are scaled values. Source
    of the estimate: Mantel and Haenszel, J Natl Cancer Inst 1959.

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
    found = sample_scales(used_expression(adata), sample, seed=seed)
    levelled = names[(found != 1).any(axis=1)]
    logger.info("slides brought to the level of the largest: %s", ", ".join(map(str, levelled)) or "none")
    scales = np.ones((adata.n_vars, len(names)), np.float32)
    scales[adata.var[_keys.USED_GENES].to_numpy()] = found.T
    adata.varm[_keys.SAMPLE_SCALES] = scales
    params["batch_key"], params["samples"] = batch_key, names.astype(str).tolist()
