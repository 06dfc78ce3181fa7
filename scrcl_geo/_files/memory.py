"""Memory of this process and of the machine."""

import resource
import sys

import psutil


def peak_gigabytes() -> float:
    """Largest resident size so far, in GB; psutil knows the present one alone."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e9 if sys.platform == "darwin" else 1e6)  # bytes there, kilobytes here


def machine_bytes() -> int:
    """Memory of the whole machine."""
    return int(psutil.virtual_memory().total)
