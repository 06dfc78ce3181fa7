"""Peak memory of this process."""

import resource
import sys


def peak_gigabytes() -> float:
    """Largest resident size so far, in GB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e9 if sys.platform == "darwin" else 1e6)  # bytes there, kilobytes here
