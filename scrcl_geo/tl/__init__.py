"""Tools: embed, cluster, associate, name, compare, map; each writes its result to the AnnData."""

from scrcl_geo.tl._annotate import annotate, rename
from scrcl_geo.tl._associations import associations
from scrcl_geo.tl._cluster import cluster
from scrcl_geo.tl._compare import compare
from scrcl_geo.tl._domain_adjacency import domain_adjacency
from scrcl_geo.tl._domain_composition import domain_composition
from scrcl_geo.tl._domain_shape import domain_shape
from scrcl_geo.tl._embed import embed
from scrcl_geo.tl._estimate import estimate_clusters
from scrcl_geo.tl._map import map
from scrcl_geo.tl._partitions import partitions
from scrcl_geo.tl._result_graph import neighbors
from scrcl_geo.tl._stability import cluster_stability
from scrcl_geo.tl._umap import umap

__all__ = [
    "annotate",
    "associations",
    "cluster",
    "cluster_stability",
    "compare",
    "domain_adjacency",
    "domain_composition",
    "domain_shape",
    "embed",
    "estimate_clusters",
    "map",
    "neighbors",
    "partitions",
    "rename",
    "umap",
]
