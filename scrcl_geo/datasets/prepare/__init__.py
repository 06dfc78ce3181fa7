"""From published formats to our AnnData layout; one converter per format, not one per data set.

Each takes the published files in the order of the registry and gives counts in CSR ``X``, the published
annotation in ``obs`` and coordinates in ``obsm["spatial"]``. They run by themselves, too, for files that have
to be fetched by hand: ``python -m scrcl_geo.datasets.prepare FORMAT FILE... --output OUT.h5ad``.
"""

from scrcl_geo.datasets.prepare._run import FORMATS, prepare

__all__ = ["FORMATS", "prepare"]
