"""Memory of this process and of the machine."""

import os
import resource
import sys


def peak_gigabytes() -> float:
    """Largest resident size so far, in GB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e9 if sys.platform == "darwin" else 1e6)  # bytes there, kilobytes here


def machine_bytes() -> int:
    """Memory of the whole machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
