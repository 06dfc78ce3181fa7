"""Tools: embed, count clusters, cluster, associate, map; each writes its result to the AnnData."""

from scrcl_geo.tl._associations import associations
from scrcl_geo.tl._cluster import cluster
from scrcl_geo.tl._embed import embed
from scrcl_geo.tl._estimate import estimate_clusters
from scrcl_geo.tl._map import map
from scrcl_geo.tl._umap import umap

__all__ = ["associations", "cluster", "embed", "estimate_clusters", "map", "umap"]
