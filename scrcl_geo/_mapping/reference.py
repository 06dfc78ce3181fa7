"""What a model keeps of its training cells, so that new cells can be mapped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scrcl_geo._features.composition import CompositionMap
from scrcl_geo._mapping.classifier import Classifier

_ARRAYS = ("center", "scale", "features", "views")
_COMPOSITION = "composition/"


@dataclass(frozen=True)
class Genes:
    """All genes of the training cells.

    Shapes: ``used`` (G,) which ones the network reads, ``shares`` (G,) their shares of all counts.
    """

    names: list[str]
    used: np.ndarray
    shares: np.ndarray


@dataclass(frozen=True)
class Reference:
    """Genes, statistics, a sample of the cells and a classifier of their clusters.

    ``reading`` is what ``pp.select_genes`` recorded, ``neighbors`` the numbers of neighbours by expression
    and in space. Shapes: ``center``, ``scale`` (D,) of the embedding; ``features`` (M, F) and ``views``
    (M, 2 D), float16, of the sampled cells; ``composition`` for tissue alone.
    """

    genes: Genes
    clusters: list[str]
    reading: dict[str, Any]
    neighbors: dict[str, int]
    center: np.ndarray
    scale: np.ndarray
    features: np.ndarray
    views: np.ndarray
    classifier: Classifier
    composition: CompositionMap | None = None

    def to_dict(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What JSON holds, and arrays."""
        plain = {name: getattr(self, name) for name in ("clusters", "reading", "neighbors")}
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        arrays |= {"used": self.genes.used, "shares": self.genes.shares}
        arrays |= {"weights": self.classifier.weights, "bias": self.classifier.bias}
        if self.composition is not None:
            arrays |= {f"{_COMPOSITION}{name}": a for name, a in self.composition.to_dict().items()}
        return {"genes": self.genes.names, **plain}, arrays

    @classmethod
    def from_dict(cls, plain: dict[str, Any], arrays: dict[str, np.ndarray]) -> Reference:
        """What :meth:`to_dict` gave."""
        below = {
            name.removeprefix(_COMPOSITION): a for name, a in arrays.items() if name.startswith(_COMPOSITION)
        }
        return cls(
            genes=Genes(plain["genes"], arrays["used"].astype(bool), arrays["shares"]),
            clusters=plain["clusters"],
            reading=plain["reading"],
            neighbors=plain["neighbors"],
            **{name: arrays[name] for name in _ARRAYS},
            classifier=Classifier(arrays["weights"], arrays["bias"]),
            composition=CompositionMap.from_dict(below) if below else None,
        )
