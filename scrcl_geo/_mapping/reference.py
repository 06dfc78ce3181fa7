"""What a model keeps of its training cells, so that new cells can be mapped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from scrcl_geo import _keys
from scrcl_geo._mapping.classifier import Classifier

_PLAIN = ("clusters", "reading", "neighbors", "from_network", "n_hops")
_SPARSE = ("coexpression", "expression")
_PARTS = ("data", "indices", "indptr")


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
    and, for tissue, in space. The embedding is ``from_network`` or of the input, averaged over ``n_hops`` in
    space. Shapes: ``features`` (M, F), float16, of the sampled cells;
    ``expression`` (M, n_used) their log expression; ``coexpression`` (n_used, n_used).
    """

    genes: Genes
    clusters: list[str]
    reading: dict[str, Any]
    neighbors: dict[str, int]
    from_network: bool
    n_hops: int
    features: np.ndarray
    expression: sparse.csr_matrix
    classifier: Classifier
    coexpression: sparse.csr_matrix

    @property
    def in_space(self) -> bool:
        """Whether the training cells were tissue."""
        return _keys.SPATIAL_NEIGHBORS in self.neighbors

    @property
    def width(self) -> int:
        """Numbers per cell of the embedding."""
        return len(self.classifier.weights)

    def to_dict(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What JSON holds, and arrays."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        arrays = {"features": self.features}
        arrays |= {"used": self.genes.used, "shares": self.genes.shares}
        arrays |= {"weights": self.classifier.weights, "bias": self.classifier.bias}
        for name in _SPARSE:
            arrays |= {f"{name}_{part}": getattr(getattr(self, name), part) for part in _PARTS}
        arrays["expression_data"] = arrays["expression_data"].astype(np.float16)
        return {"genes": self.genes.names, **plain}, arrays

    @classmethod
    def from_dict(cls, plain: dict[str, Any], arrays: dict[str, np.ndarray]) -> Reference:
        """What :meth:`to_dict` gave."""
        used = arrays["used"].astype(bool)
        n_used = int(used.sum())
        matrices = {}
        for name, n_rows in zip(_SPARSE, (n_used, len(arrays["features"])), strict=True):
            data, indices, indptr = (arrays[f"{name}_{part}"] for part in _PARTS)
            matrices[name] = sparse.csr_matrix((data.astype(np.float32), indices, indptr), (n_rows, n_used))
            matrices[name].check_format(full_check=True)
        return cls(
            genes=Genes(plain["genes"], used, arrays["shares"]),
            clusters=plain["clusters"],
            reading=plain["reading"],
            neighbors=plain["neighbors"],
            from_network=plain["from_network"],
            n_hops=plain["n_hops"],
            features=arrays["features"],
            classifier=Classifier(arrays["weights"], arrays["bias"]),
            **matrices,
        )
