"""Every AnnData key, node type and edge type, in the only place with such strings."""

from __future__ import annotations

# node types and edge types of the heterogeneous graph
CELL = "cell"
GENE = "gene"
SIMILAR = (CELL, "similar_to", CELL)
NEAR = (CELL, "near", CELL)
MATCHED = (CELL, "matched_with", CELL)
COEXPRESSED = (GENE, "coexpressed_with", GENE)
EXPRESSES = (CELL, "expresses", GENE)
EXPRESSED_BY = (GENE, "rev_expresses", CELL)
# the cell graph of the losses and of encoders of one relation, joined from the relations above
LINKED = (CELL, "linked_to", CELL)
# cell–cell edges that can be found again for new cells, or that these do without
MAPPED_EDGES = (SIMILAR, NEAR, MATCHED)

# what the values of a matrix are, and the transforms under which they are projected
VALUE_KINDS = ("counts", "normalized", "log", "scaled")
TRANSFORMS = ("log", "zscore", "pearson")

# AnnData input
SPATIAL = "spatial"
UNITS = "scrcl_units"
FILE = "scrcl_file"  # of each cell, where many were read as one

# what pp writes
PCA = "X_scrcl_pca"
LOADINGS = "scrcl_pca"
USED_GENES = "scrcl_used"
NEIGHBORS = "scrcl_expression"
CONNECTIVITIES = "scrcl_expression_connectivities"
DISTANCES = "scrcl_expression_distances"
SPATIAL_GRAPH = "scrcl_spatial"  # squidpy's connectivity_key
SPATIAL_CONNECTIVITIES = "scrcl_spatial_connectivities"
SPATIAL_DISTANCES = "scrcl_spatial_distances"
SPATIAL_NEIGHBORS = "scrcl_spatial_neighbors"
MATCHED_CONNECTIVITIES = "scrcl_matched_connectivities"
COEXPRESSION_NEIGHBORS = "coexpression_neighbors"
COEXPRESSION_CONNECTIVITIES = "coexpression_connectivities"
COEXPRESSION_DISTANCES = "coexpression_distances"
COMPOSITION = "X_scrcl_composition"
INPUTS = "scrcl_inputs"
REACH = "scrcl_reach"
STRUCTURE = "scrcl_structure"
GRAPH_PARAMS = "scrcl_graph"
SAMPLE_SCALES = "scrcl_sample_scales"

# what tl writes
EMBEDDING = "X_scrcl"
RESULT_CONNECTIVITIES = "scrcl_connectivities"
RESULT_DISTANCES = "scrcl_distances"
UMAP = "X_scrcl_umap"
SHOWN_UMAP = "X_umap"  # where scanpy looks
REFINED = "X_scrcl_refined"
CLUSTERS = "scrcl"
GENES = "scrcl"
RESULTS = "scrcl"
ASSOCIATIONS = "scrcl_associations"
NUMBER = "scrcl_n_clusters"
MAPPING = "scrcl_map"
PARTITIONS = "scrcl_partitions"
UNKNOWN = "unknown"  # the name of a cluster that is none of those on offer
ANNOTATION = "scrcl_annotation"
DOMAIN_COMPOSITION = "scrcl_domain_composition"
DOMAIN_ADJACENCY = "scrcl_domain_adjacency"
SHARES = "scrcl_shares"
