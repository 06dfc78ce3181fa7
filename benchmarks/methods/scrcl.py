"""scRCL as `scrcl-geo run` runs it, with the default preset or another."""

from scrcl_geo import _pipeline


def run(adata, n_clusters, seed, preset="default"):
    """Labels and seconds per stage."""
    _, seconds = _pipeline.run(adata, _pipeline.Job(n_clusters, seed=seed, preset=preset, progress=False))
    return adata.obs["scrcl"], seconds
