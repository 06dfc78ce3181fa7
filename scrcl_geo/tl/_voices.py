"""What the default clusters: the network's embedding, and beside it descriptions that need no network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from scrcl_geo import _keys
from scrcl_geo import cluster as methods
from scrcl_geo._features.inputs import InputMap
from scrcl_geo._neighbors.reach import averaged_hops
from scrcl_geo._neighbors.smoothing import smooth
from scrcl_geo._schema.result import stored
from scrcl_geo.tl._rep import rep_of

if TYPE_CHECKING:
    from anndata import AnnData

Clusterer = Callable[..., np.ndarray]

_FEW_CELLS = 1000  # cells without space from which on the network says more than its input (docs/accuracy.md)
_ROWS = 50_000  # compared at a time


@dataclass(frozen=True)
class Voice:
    """Columns of an embedding, a clusterer of them, and how often its partition counts."""

    columns: slice
    clusterer: Clusterer
    votes: int = 1

    def moved(self, by: int) -> Voice:
        """The same of columns further right."""
        return replace(self, columns=slice(self.columns.start + by, self.columns.stop + by))


Space = tuple[np.ndarray, list[Voice]]


@dataclass(frozen=True, eq=False)
class Voices:
    """Embeddings of the same cells, voices that read them, and one partition that agrees with all.

    Shapes: ``embedding`` (N, Σ D), side by side.
    """

    embedding: np.ndarray
    voices: tuple[Voice, ...]

    @classmethod
    def of(cls, adata: AnnData, use_rep: str) -> Voices:
        """What speaks of an embedding: of our own the network and what needs none, of another a mixture; a
        network with own parts, or one that reads an own input, speaks alone.

        A choice between partitions without labels errs as often as not (docs/accuracy.md), so none is made.
        """
        if use_rep != _keys.EMBEDDING:
            spaces = [_read(rep_of(adata, use_rep), methods.gmm)]
        elif not _results(adata).get("input_votes", True):
            spaces = [_network(adata)]
        elif _keys.SPATIAL_CONNECTIVITIES in adata.obsp:
            spaces = _of_tissue(adata)
        else:
            spaces = _of_cells(adata)
        starts = np.cumsum([0, *(x.shape[1] for x, _ in spaces)]).tolist()
        voices = [
            voice.moved(start) for start, (_, own) in zip(starts, spaces, strict=False) for voice in own
        ]
        whole = np.concatenate([x for x, _ in spaces], axis=1) if len(spaces) > 1 else spaces[0][0]
        return cls(whole, tuple(voices))

    def rows(self, cells: np.ndarray) -> Voices:
        """Some of the cells."""
        return replace(self, embedding=self.embedding[cells])

    def cluster(self, n_clusters: int, *, seed: int = 0) -> np.ndarray:
        """Labels (N,) of all cells, by falling size; above 20,000 a sample names the others."""
        return methods.on_sample(lambda x: self._agreed(x, n_clusters, seed), self.embedding, seed=seed)

    def _agreed(self, embedding: np.ndarray, n_clusters: int, seed: int) -> np.ndarray:
        found: list[np.ndarray] = []
        for voice in self.voices:
            labels = voice.clusterer(embedding[:, voice.columns], n_clusters, seed=seed)
            found += [labels] * voice.votes
        return methods.consensus(found, n_clusters, seed=seed) if len(self.voices) > 1 else found[0]


_FEW_STARTS = 4  # of many mixtures that are reconciled, none has to be the likeliest of many starts
_mixture = partial(methods.gmm, n_starts=_FEW_STARTS)


def _read(x: np.ndarray, *clusterers: Clusterer, votes: int = 1) -> Space:
    """A space that clusterers read as a whole."""
    return x, [Voice(slice(0, x.shape[1]), clusterer, votes) for clusterer in clusterers]


def _of_cells(adata: AnnData) -> list[Space]:
    """The network; of few cells a mixture of its embedding, and of the input and of each transform in it."""
    if adata.n_obs >= _FEW_CELLS or _keys.PCA not in adata.obsm:
        return [_network(adata)]
    embedding, x = (rep_of(adata, key) for key in (_keys.EMBEDDING, _keys.PCA))
    return [_read(embedding, methods.gmm), _by_transform(adata, x, methods.gmm)]


def _of_tissue(adata: AnnData) -> list[Space]:
    """The network and, if its surroundings say something of a cell, what they say."""
    around = _surroundings(adata)
    return [_network(adata, n_starts=_FEW_STARTS, votes=2), *around] if around else [_network(adata)]


def _network(adata: AnnData, *, n_starts: int = 10, votes: int = 1) -> Space:
    """What mixtures of the refined views agree on; a mixture of what was put in the embedding's place."""
    views = _averaged_views(adata)
    if views is None:
        return _read(rep_of(adata, _keys.EMBEDDING), methods.gmm, votes=votes)
    return _read(views, partial(_mixtures_of_views, n_starts=n_starts), votes=votes)


def _surroundings(adata: AnnData) -> list[Space]:
    """Mixtures of the input, averaged over half of the reach, and of each transform in it, and a mixture and
    k-means of the composition, if it is there; nothing where half of the reach is no more than the next
    cells, which are too few to have a composition.
    """
    reach = int(stored(adata, "uns", _keys.REACH, default={"reach": 0})["reach"])
    hops = averaged_hops(reach, views=False)
    if hops == 1 or _keys.PCA not in adata.obsm:
        return []
    x = smooth(rep_of(adata, _keys.PCA), stored(adata, "obsp", _keys.SPATIAL_CONNECTIVITIES), hops)
    spaces = [_by_transform(adata, x, _mixture)]
    if _keys.COMPOSITION in adata.obsm:
        spaces.append(_read(rep_of(adata, _keys.COMPOSITION), _mixture, methods.kmeans))
    return spaces


def _by_transform(adata: AnnData, x: np.ndarray, clusterer: Clusterer) -> Space:
    """The input, as it is or averaged, as a whole and by transform."""
    whole = slice(0, x.shape[1])
    blocks = InputMap.of(adata).columns() if _keys.INPUTS in adata.uns else []
    if len(blocks) == 1 or (blocks and blocks[-1].stop != whole.stop):  # the same again, or of another input
        blocks = []
    return x, [Voice(columns, clusterer) for columns in (*blocks, whole)]


def _averaged_views(adata: AnnData) -> np.ndarray | None:
    """Both refined views (N, 2 K), averaged as our embedding is; None unless it still is their mean."""
    refined, embedding = stored(adata, "obsm", _keys.REFINED), rep_of(adata, _keys.EMBEDDING)
    if refined is None or refined.shape[1] != 2 * embedding.shape[1]:
        return None
    n_hops = int(_results(adata).get("n_hops", 0))
    adjacency = stored(adata, "obsp", _keys.SPATIAL_CONNECTIVITIES)
    views = refined if adjacency is None else smooth(refined, adjacency, n_hops)
    return views if _is_mean(embedding, views) else None


def _results(adata: AnnData) -> dict[str, Any]:
    """What is noted of the training; nothing of an embedding from elsewhere."""
    return stored(adata, "uns", _keys.RESULTS, default={})


def _is_mean(embedding: np.ndarray, views: np.ndarray) -> bool:
    """Whether an embedding (N, K) is the mean of two views (N, 2 K)."""
    n_parts = 1 + len(views) // _ROWS
    parts = zip(np.array_split(embedding, n_parts), np.array_split(views, n_parts), strict=True)
    return all(np.allclose(sum(np.hsplit(both, 2)) / 2, mean, atol=1e-4) for mean, both in parts)


def _mixtures_of_views(
    views: np.ndarray, n_clusters: int, *, seed: int = 0, n_starts: int = 10
) -> np.ndarray:
    """What mixtures of each view, of their mean and of both side by side agree on: one lies where chance put
    it, and no view is the better one.

    Shapes: both views (N, 2 K) → (N,) int64 labels by falling size.
    """
    first, second = np.hsplit(views, 2)
    readings = (first, second, (first + second) / 2, views)
    found = [methods.gmm(reading, n_clusters, seed=seed, n_starts=n_starts) for reading in readings]
    return methods.consensus(found, n_clusters, seed=seed)
