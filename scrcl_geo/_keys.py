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

# AnnData input
SPATIAL = "spatial"
UNITS = "scrcl_units"

# what pp writes
PCA = "X_pca"
LOADINGS = "PCs"
USED_GENES = "scrcl_used"
NEIGHBORS = "neighbors"
CONNECTIVITIES = "connectivities"
DISTANCES = "distances"
SPATIAL_CONNECTIVITIES = "spatial_connectivities"
SPATIAL_DISTANCES = "spatial_distances"
SPATIAL_NEIGHBORS = "spatial_neighbors"
MATCHED_CONNECTIVITIES = "matched_connectivities"
COEXPRESSION_NEIGHBORS = "coexpression_neighbors"
COEXPRESSION_CONNECTIVITIES = "coexpression_connectivities"
COEXPRESSION_DISTANCES = "coexpression_distances"
COMPOSITION = "X_composition"
INPUTS = "scrcl_inputs"
COMPOSITION_MAP = "scrcl_composition"
REACH = "scrcl_reach"
STRUCTURE = "scrcl_structure"
GRAPH_PARAMS = "scrcl_graph"

# what tl writes
EMBEDDING = "X_scrcl"
REFINED = "X_scrcl_refined"
CLUSTERS = "scrcl"
GENES = "scrcl"
RESULTS = "scrcl"
ASSOCIATIONS = "scrcl_associations"
NUMBER = "scrcl_n_clusters"
MAPPING = "scrcl_map"
PARTITIONS = "scrcl_partitions"
NAMES = "scrcl_name"
UNKNOWN = "unknown"  # the name of a cluster that is none of those on offer
ANNOTATION = "scrcl_annotation"
ANNOTATION_SCORES = "scrcl_annotation_scores"
DOMAIN_COMPOSITION = "scrcl_domain_composition"
DOMAIN_ADJACENCY = "scrcl_domain_adjacency"
DOMAIN_SHAPE = "scrcl_domain_shape"
COMPARISON = "scrcl_comparison"
SHARES = "scrcl_shares"
