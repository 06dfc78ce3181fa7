"""Clusterers behind one signature: ``method(embedding, n_clusters, *, seed) -> labels``.

Labels are integers 0, 1, … by falling cluster size.
"""

from scrcl_geo.cluster._consensus import consensus
from scrcl_geo.cluster._gmm import gmm
from scrcl_geo.cluster._kmeans import kmeans
from scrcl_geo.cluster._leiden import leiden
from scrcl_geo.cluster._majority import majority
from scrcl_geo.cluster._merging import merging
from scrcl_geo.cluster._number import best_number, number_of_clusters
from scrcl_geo.cluster._sample import on_sample
from scrcl_geo.cluster._spherical import spherical_kmeans
from scrcl_geo.cluster._stability import best_jaccard

__all__ = [
    "best_jaccard",
    "best_number",
    "consensus",
    "gmm",
    "kmeans",
    "leiden",
    "majority",
    "merging",
    "number_of_clusters",
    "on_sample",
    "spherical_kmeans",
]
