"""All graphs in one call."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo._features.projection import TRANSFORMS
from scrcl_geo._features.stacked import stacked_slides
from scrcl_geo.pp._coexpression import coexpression
from scrcl_geo.pp._composition import composition
from scrcl_geo.pp._genes import MORANS_I, PEARSON_RESIDUALS, select_genes
from scrcl_geo.pp._level_samples import level_samples
from scrcl_geo.pp._matched import matched_neighbors
from scrcl_geo.pp._neighbors import neighbors
from scrcl_geo.pp._pca import pca
from scrcl_geo.pp._reach import reach
from scrcl_geo.pp._spatial import spatial_neighbors
from scrcl_geo.pp._structure import structure

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)


def graph(
    adata: AnnData,
    *,
    layer: str | None = None,
    values: str = "auto",
    spatial: str = "auto",
    batch_key: str | None = None,
    n_top_genes: int = 2000,
    n_comps: int = 30,
    transforms: Sequence[str] = TRANSFORMS,
    n_neighbors: int = 15,
    n_spatial_neighbors: int = 6,
    n_gene_neighbors: int = 5,
    seed: int = 0,
    device: str = "auto",
) -> None:
    """Select genes and build the cell and gene graphs that training reads.

    Runs :func:`select_genes`, :func:`level_samples` (tissue with ``batch_key``), :func:`structure`,
    :func:`pca`, :func:`neighbors`, :func:`spatial_neighbors`, :func:`reach`, :func:`composition`,
    :func:`matched_neighbors` and :func:`coexpression`; call them one by one to change a step.

    Parameters
    ----------
    layer, values, n_top_genes
        What to read and how many genes to keep; see :func:`select_genes`.
    spatial
        ``"auto"`` builds spatial edges where ``obsm["spatial"]`` is there, ``"yes"`` insists, ``"no"`` never.
    batch_key
        Column of ``obs`` with the sample or slide: neighbours in space stay within one, neighbours by
        expression are shared evenly among all, and tissue that is alike is matched across slides.
    n_comps, transforms
        See :func:`pca`.
    n_neighbors, n_spatial_neighbors, n_gene_neighbors
        Neighbours per cell by expression, per cell in space, per gene by co-expression.
    seed
        Of the types behind the composition, and of approximate neighbours and samples of cells, used
        above 20,000 and 50,000 cells.
    device
        Where neighbours by expression are found; see :func:`neighbors`.

    Returns
    -------
    None
        Writes what these functions write.

    Raises
    ------
    ScrclInputError
        The matrix or the coordinates cannot be used; nothing has been written then.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy()
    >>> sg.pp.graph(adata, batch_key="slide")
    >>> [key for key in sorted(adata.obsp) if key.endswith("connectivities")]
    ['scrcl_expression_connectivities', 'scrcl_matched_connectivities', 'scrcl_spatial_connectivities']
    """
    _validate.one_of("spatial", spatial, ("auto", "yes", "no"))
    _validate.within("seed", seed, 0, _validate.LARGEST_SEED)
    checks.data_matrix(adata, layer)
    if batch_key is not None:
        checks.samples(adata, batch_key)
    in_space = spatial == "yes" or (spatial == "auto" and _keys.SPATIAL in adata.obsm)
    if in_space:
        _warn_of_stacked(adata, batch_key)
    select_genes(
        adata,
        n_top_genes=n_top_genes,
        layer=layer,
        values=values,
        flavor=MORANS_I if in_space else PEARSON_RESIDUALS,
        batch_key=batch_key,
        seed=seed,
    )
    adata.uns[_keys.GRAPH_PARAMS]["batch_key"] = batch_key or ""
    adata.varm.pop(_keys.SAMPLE_SCALES, None)
    if in_space and batch_key is not None:
        level_samples(adata, batch_key, seed=seed)
    structure(adata, seed=seed)
    pca(adata, n_comps=n_comps, transforms=transforms, seed=seed)
    neighbors(adata, n_neighbors=n_neighbors, batch_key=batch_key, seed=seed, device=device)
    # edges of an earlier call must not reach the model when space or samples are switched off
    for key in (_keys.SPATIAL_CONNECTIVITIES, _keys.SPATIAL_DISTANCES, _keys.MATCHED_CONNECTIVITIES):
        adata.obsp.pop(key, None)
    if in_space:
        spatial_neighbors(adata, n_neighbors=n_spatial_neighbors, batch_key=batch_key)
        logger.info("tissue is alike within %d hops", reach(adata, seed=seed))
        composition(adata, seed=seed)
        if batch_key is not None:
            matched_neighbors(adata, batch_key)
    else:
        adata.uns.pop(_keys.REACH, None)
        adata.obsm.pop(_keys.COMPOSITION, None)
    coexpression(adata, n_neighbors=n_gene_neighbors)
    logger.info("graphs: %s", ", ".join([*adata.obsp, *adata.varp]))


def _warn_of_stacked(adata: AnnData, batch_key: str | None) -> None:
    coordinates = checks.coordinates(adata, _keys.SPATIAL)
    column = stacked_slides(adata, coordinates) if batch_key is None else None
    if column is not None:
        logger.warning(
            "slides of obs[%r] lie on top of each other and are joined in space: name the column with "
            "batch_key=... or --batch-key",
            column,
        )
