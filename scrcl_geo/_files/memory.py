"""Memory of this process and of the machine."""

import ctypes
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


def release_unused() -> None:
    """Hand memory that was freed back to the system, which glibc keeps in case it is asked for again."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries have none
        if trim is not None:
            trim(0)
