"""scrcl_geo: cell types and tissue domains without labels, and the genes that make them.

Light to import: every part is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from scrcl_geo._version import __version__

if TYPE_CHECKING:
    from scrcl_geo import cluster, datasets, graph, losses, metrics, nn, pl, pp, tl, train
    from scrcl_geo._files.readers import read
    from scrcl_geo.model import ScRCL

__all__ = [
    "ScRCL",
    "__version__",
    "cluster",
    "datasets",
    "graph",
    "losses",
    "metrics",
    "nn",
    "pl",
    "pp",
    "read",
    "tl",
    "train",
]


def __getattr__(name: str) -> Any:
    if name == "ScRCL":
        return import_module("scrcl_geo.model").ScRCL
    if name == "read":
        return import_module("scrcl_geo._files.readers").read
    if name in __all__:
        return import_module(f"scrcl_geo.{name}")
    raise AttributeError(f"module 'scrcl_geo' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
