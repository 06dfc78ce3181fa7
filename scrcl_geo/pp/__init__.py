"""Preprocessing: from an expression matrix to the cell and gene graphs; writes to the AnnData."""

from scrcl_geo._features.workers import on_workers
from scrcl_geo.pp._coexpression import coexpression
from scrcl_geo.pp._composition import composition
from scrcl_geo.pp._genes import select_genes
from scrcl_geo.pp._graph import graph
from scrcl_geo.pp._level_samples import level_samples
from scrcl_geo.pp._matched import matched_neighbors
from scrcl_geo.pp._neighbors import neighbors
from scrcl_geo.pp._paper import paper_graph
from scrcl_geo.pp._pca import pca
from scrcl_geo.pp._reach import reach
from scrcl_geo.pp._spatial import spatial_neighbors
from scrcl_geo.pp._split_counts import split_counts
from scrcl_geo.pp._structure import structure

__all__ = [
    "coexpression",
    "composition",
    "graph",
    "level_samples",
    "matched_neighbors",
    "neighbors",
    "on_workers",
    "paper_graph",
    "pca",
    "reach",
    "select_genes",
    "spatial_neighbors",
    "split_counts",
    "structure",
]
