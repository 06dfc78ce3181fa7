"""scRCL with the paper's choices, last epoch: no peeking at labels."""

from methods import scrcl


def run(adata, n_clusters, seed):
    """Labels and seconds per stage."""
    return scrcl.run(adata, n_clusters, seed, preset="paper")
