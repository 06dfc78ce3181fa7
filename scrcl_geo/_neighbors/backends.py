"""Nearest neighbours behind one signature: exact, and by inverted lists.

Other libraries were measured beside them and are slower at every size (benchmarks/neighbors.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from scrcl_geo._progress import track

Neighbors = tuple[np.ndarray, np.ndarray]

_RECALL = 0.96  # asked of a sample, so that all rows keep 0.95
_SAMPLE = 500
_QUERIES = 20_000  # per call: progress is shown and an interrupt is handled between calls


def exact(x: np.ndarray, n_neighbors: int, seed: int = 0) -> Neighbors:
    """All distances, by scikit-learn's fused kernel: O(N²) time, no N × N array."""
    from sklearn import config_context
    from sklearn.neighbors import NearestNeighbors

    searcher = NearestNeighbors(n_neighbors=n_neighbors, algorithm="brute")
    with config_context(working_memory=64):
        distance, index = searcher.fit(x).kneighbors()  # a row is not its own neighbour
    return index, distance


def inverted_file(
    x: np.ndarray, n_neighbors: int, seed: int = 0, *, queries: np.ndarray | None = None
) -> Neighbors:
    """faiss' inverted lists, searched as widely as a sample with known neighbours asks for.

    Neighbours of ``queries`` among the rows of ``x``, or of each row among the others.

    Rows are sorted into about 2 √N lists by k-means, and a query visits the nearest lists alone; their number
    grows by half until 500 sampled rows find 96 % of their true neighbours.
    """
    import faiss

    x = np.ascontiguousarray(x, dtype=np.float32)
    n_rows, n_columns = x.shape
    n_lists = int(2 * np.sqrt(n_rows))
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(n_columns), n_columns, n_lists)
    index.cp.seed, index.cp.niter = seed + 1, 8
    index.cp.min_points_per_centroid = 1  # otherwise few rows make it warn
    rng = np.random.default_rng(seed)
    index.train(x[np.sort(rng.permutation(n_rows)[: 40 * n_lists])])
    for rows in _slices(n_rows, 100_000):
        index.add(x[rows])
    asked = x if queries is None else np.ascontiguousarray(queries, dtype=np.float32)
    n_searched = n_neighbors + (queries is None)  # a row finds itself too
    sample = asked[np.sort(rng.permutation(len(asked))[:_SAMPLE])]
    truth = faiss.knn(sample, x, n_searched)[1]
    index.nprobe = 4
    while _recall(index.search(sample, n_searched)[1], truth) < _RECALL and index.nprobe < n_lists:
        index.nprobe = min(index.nprobe * 3 // 2, n_lists)
    nearest = _search(index, asked, n_searched)
    return without_itself(*nearest) if queries is None else nearest


def without_itself(index: np.ndarray, distance: np.ndarray, rows: np.ndarray | None = None) -> Neighbors:
    """Drop each row from its own neighbours, or the farthest where it is not among them."""
    itself = index == (np.arange(len(index)) if rows is None else rows)[:, None]
    itself[~itself.any(axis=1), -1] = True
    shape = (len(index), index.shape[1] - 1)
    return index[~itself].reshape(shape), distance[~itself].reshape(shape)


def _search(index: Any, x: np.ndarray, n_searched: int) -> Neighbors:
    indices = np.empty((len(x), n_searched), np.int64)
    squared = np.empty((len(x), n_searched), np.float32)
    for rows in track(_slices(len(x), _QUERIES), "neighbours", total=-(-len(x) // _QUERIES)):
        squared[rows], indices[rows] = index.search(x[rows], n_searched)
    short = np.flatnonzero((indices < 0).any(axis=1))  # the lists they visited held too few rows
    if len(short):
        index.nprobe = index.nlist
        squared[short], indices[short] = index.search(x[short], n_searched)
    return indices, np.sqrt(np.maximum(squared, 0))


def _recall(index: np.ndarray, truth: np.ndarray) -> float:
    hits = [len(np.intersect1d(a, b)) for a, b in zip(index, truth, strict=True)]
    return float(np.mean(hits) / truth.shape[1])


def _slices(n_rows: int, step: int) -> Iterator[slice]:
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))
