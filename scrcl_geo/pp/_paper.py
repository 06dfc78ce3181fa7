"""The graphs of the published method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrcl_geo import _keys, _validate
from scrcl_geo._features import checks
from scrcl_geo.model._paper import PaperSetting
from scrcl_geo.pp._coexpression import coexpression
from scrcl_geo.pp._genes import select_genes
from scrcl_geo.pp._neighbors import neighbors
from scrcl_geo.pp._spatial import spatial_neighbors

if TYPE_CHECKING:
    from anndata import AnnData

_TARGET_SUM = 1e4
_GENE_NEIGHBORS = 4  # its five count the gene itself
_EDGES_OF_CELLS = (
    _keys.CONNECTIVITIES,
    _keys.DISTANCES,
    _keys.SPATIAL_CONNECTIVITIES,
    _keys.SPATIAL_DISTANCES,
    _keys.MATCHED_CONNECTIVITIES,
)


def paper_graph(
    adata: AnnData,
    *,
    dataset: str | None = None,
    spatial: str = "auto",
    layer: str | None = None,
    values: str = "auto",
    batch_key: str | None = None,
    n_top_genes: int | None = None,
    n_neighbors: int | None = None,
) -> None:
    """Select genes and build the graphs as the published code does, for :meth:`scrcl_geo.ScRCL.paper`.

    Cells: genes by the dispersion of log expression (10,000 counts per cell), nearest cells by the cosine of
    these genes, nearest genes by the Euclidean distance of their counts. Tissue: genes by the variance of
    counts (``flavor="seurat_v3"``), nearest spots in space, nearest genes by scaled log expression. Edges
    among genes lead from each gene to its neighbours. Differs from the paper: spots without a label stay.

    Parameters
    ----------
    dataset
        One of the paper's sets, whose settings are taken; by default those for cells or tissue in general.
    spatial
        ``"auto"`` is tissue where ``obsm["spatial"]`` is there; ``"yes"`` insists, ``"no"`` never. A data set
        of the paper is what it is there.
    layer, values
        What to read; see :func:`select_genes`.
    batch_key
        Column of ``obs`` with the slide or sample: no edge in space joins two, and neighbours by expression
        are shared evenly. The paper has single samples alone.
    n_top_genes, n_neighbors
        Instead of the setting's; among cells the paper counts the cell itself as one, and so does this.

    Returns
    -------
    None
        Writes what :func:`select_genes`, :func:`neighbors` or :func:`spatial_neighbors`, and
        :func:`coexpression` write; edges of an earlier call go.

    Raises
    ------
    ScrclInputError
        The matrix or the coordinates cannot be used, or the paper has no such set.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.paper_graph(adata)
    >>> sorted(adata.obsp)
    ['scrcl_spatial_connectivities', 'scrcl_spatial_distances']
    """
    _validate.one_of("spatial", spatial, ("auto", "yes", "no"))
    in_space = spatial == "yes" or (spatial == "auto" and _keys.SPATIAL in adata.obsm)
    setting = PaperSetting.of(dataset, spatial=in_space)
    n_neighbors = n_neighbors or setting.n_neighbors
    if setting.in_tissue:
        checks.coordinates(adata, _keys.SPATIAL)
    if batch_key is not None:
        checks.samples(adata, batch_key)
    select_genes(
        adata,
        n_top_genes=n_top_genes or setting.n_top_genes,
        layer=layer,
        values=values,
        flavor="seurat_v3" if setting.in_tissue else "seurat",
        min_cells=1,
        target_sum=_TARGET_SUM,
    )
    adata.uns[_keys.GRAPH_PARAMS]["batch_key"] = batch_key or ""
    for key in _EDGES_OF_CELLS:
        adata.obsp.pop(key, None)
    if setting.in_tissue:
        spatial_neighbors(adata, n_neighbors=n_neighbors, batch_key=batch_key)
    else:
        neighbors(adata, n_neighbors=n_neighbors - 1, use_rep="X", batch_key=batch_key)
    coexpression(
        adata,
        n_neighbors=_GENE_NEIGHBORS,
        use_rep="scaled" if setting.in_tissue else "counts",
        metric="euclidean",
        directed=True,
    )
