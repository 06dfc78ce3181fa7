"""What the default clusters: the network's embedding, and in tissue two more descriptions of a place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys
from scrcl_geo import cluster as methods
from scrcl_geo._neighbors.reach import averaged_hops
from scrcl_geo._neighbors.smoothing import smooth
from scrcl_geo._schema.result import stored
from scrcl_geo.tl._rep import rep_of

if TYPE_CHECKING:
    from anndata import AnnData

Clusterer = Callable[..., np.ndarray]


@dataclass(frozen=True, eq=False)
class Voices:
    """Embeddings of the same cells, clusterers for each, and one partition that agrees with all.

    Shapes: ``embedding`` (N, Σ D), side by side; ``parts`` the columns of each and its clusterers.
    """

    embedding: np.ndarray
    parts: tuple[tuple[slice, tuple[Clusterer, ...]], ...]

    @classmethod
    def of(cls, adata: AnnData, use_rep: str) -> Voices:
        """A mixture of the embedding. Of our own in tissue, where half of its reach is more than the next
        cells, which are too few to have a composition: what mixtures of its views agree on, and as far as
        they are there a mixture of the input, averaged over half of the reach, and a mixture and k-means of
        the composition.

        A choice between partitions without labels errs as often as not (docs/accuracy.md), so none is made.
        """
        voices: list[tuple[np.ndarray, tuple[Clusterer, ...]]] = [(rep_of(adata, use_rep), (methods.gmm,))]
        needed = _keys.PCA in adata.obsm and _keys.SPATIAL_CONNECTIVITIES in adata.obsp
        reach = int(stored(adata, "uns", _keys.REACH, default={"reach": 0})["reach"])
        hops = averaged_hops(reach, views=False)
        if use_rep == _keys.EMBEDDING and needed and hops > 1:
            views = _averaged_views(adata)
            if views is not None:
                voices = [(views, (_mixtures_of_views,))]
            if stored(adata, "uns", _keys.RESULTS, default={}).get("from_network", False):
                x = smooth(
                    rep_of(adata, _keys.PCA), stored(adata, "obsp", _keys.SPATIAL_CONNECTIVITIES), hops
                )
                voices.append((x, (methods.gmm,)))
            if _keys.COMPOSITION in adata.obsm:
                voices.append((rep_of(adata, _keys.COMPOSITION), (methods.gmm, methods.kmeans)))
        stops = np.cumsum([x.shape[1] for x, _ in voices]).tolist()
        columns = [slice(stop - x.shape[1], stop) for (x, _), stop in zip(voices, stops, strict=True)]
        whole = np.concatenate([x for x, _ in voices], axis=1) if len(voices) > 1 else voices[0][0]
        return cls(whole, tuple(zip(columns, (clusterers for _, clusterers in voices), strict=True)))

    def rows(self, cells: np.ndarray) -> Voices:
        """Some of the cells."""
        return replace(self, embedding=self.embedding[cells])

    def cluster(self, n_clusters: int, *, seed: int = 0) -> np.ndarray:
        """Labels (N,) of all cells, by falling size; above 20,000 a sample names the others."""
        return methods.on_sample(lambda x: self._agreed(x, n_clusters, seed), self.embedding, seed=seed)

    def _agreed(self, embedding: np.ndarray, n_clusters: int, seed: int) -> np.ndarray:
        found = [
            clusterer(embedding[:, columns], n_clusters, seed=seed)
            for columns, clusterers in self.parts
            for clusterer in clusterers
        ]
        return methods.consensus(found, n_clusters, seed=seed) if len(found) > 1 else found[0]


def _averaged_views(adata: AnnData) -> np.ndarray | None:
    """Both refined views (N, 2 K), averaged as our embedding is; None unless it still is their mean."""
    refined, embedding = adata.obsm.get(_keys.REFINED), adata.obsm[_keys.EMBEDDING]
    if refined is None or refined.shape[1] != 2 * embedding.shape[1]:
        return None
    n_hops = int(stored(adata, "uns", _keys.RESULTS, default={}).get("n_hops", 0))
    views = smooth(np.asarray(refined), stored(adata, "obsp", _keys.SPATIAL_CONNECTIVITIES), n_hops)
    first, second = np.hsplit(views, 2)
    return views if np.allclose((first + second) / 2, embedding, atol=1e-4) else None


def _mixtures_of_views(views: np.ndarray, n_clusters: int, *, seed: int = 0) -> np.ndarray:
    """What mixtures of each view, of their mean and of both side by side agree on: one lies where chance put
    it, and no view is the better one.

    Shapes: both views (N, 2 K) → (N,) int64 labels by falling size.
    """
    first, second = np.hsplit(views, 2)
    readings = (first, second, (first + second) / 2, views)
    found = [methods.gmm(reading, n_clusters, seed=seed) for reading in readings]
    return methods.consensus(found, n_clusters, seed=seed)
