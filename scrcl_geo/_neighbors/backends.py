"""Nearest neighbours behind one signature: exact, and by inverted lists.

Other libraries were measured beside them and are slower at every size (benchmarks/neighbors.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

from scrcl_geo._progress import track

Neighbors = tuple[np.ndarray, np.ndarray]

_RECALL = 0.96  # asked of a sample, so that all rows keep 0.95
_SAMPLE = 500
_QUERIES = 5_000  # per call: progress is shown and an interrupt is handled between calls


def exact(x: np.ndarray | sparse.csr_matrix, n_neighbors: int, seed: int = 0) -> Neighbors:
    """All distances, in double precision by scikit-learn's fused kernel: O(N²) time, no N × N array."""
    from sklearn import config_context
    from sklearn.neighbors import NearestNeighbors

    searcher = NearestNeighbors(n_neighbors=n_neighbors, algorithm="brute")
    with config_context(working_memory=64):
        distance, index = searcher.fit(x).kneighbors()  # a row is not its own neighbour
    return index, distance


def exact_in_single(
    x: np.ndarray, n_neighbors: int, seed: int = 0, *, queries: np.ndarray | None = None
) -> Neighbors:
    """All distances, in single precision by faiss, in two fifths of the time: rows as far as each other to
    seven digits may change places.

    Neighbours of ``queries`` among the rows of ``x``, or of each row among the others.
    """
    import faiss

    center = x.mean(axis=0)  # squares of what all rows share would take the digits
    x = np.ascontiguousarray(x - center, dtype=np.float32)
    asked = x if queries is None else np.ascontiguousarray(queries - center, dtype=np.float32)
    squared, index = faiss.knn(asked, x, n_neighbors + (queries is None))  # a row finds itself too
    distance = np.sqrt(np.maximum(squared, 0))
    return without_itself(index, distance) if queries is None else (index, distance)


def inverted_file(
    x: np.ndarray, n_neighbors: int, seed: int = 0, *, queries: np.ndarray | None = None
) -> Neighbors:
    """faiss' inverted lists of short codes, searched as widely as a sample with known neighbours asks for.

    Neighbours of ``queries`` among the rows of ``x``, or of each row among the others.

    Rows are sorted into √N lists by k-means and kept as codes of their differences from the centre, two bits
    a column, which a processor compares 32 at a time. A query visits the nearest lists, and true distances
    decide among those that are best by their codes. Lists and candidates grow, whichever helps more, until
    500 sampled rows find 96 % of their true neighbours.
    """
    import faiss

    x = _of_even_width(x)
    n_rows, n_columns = x.shape
    n_lists = int(np.sqrt(n_rows))
    codes = faiss.IndexIVFPQFastScan(faiss.IndexFlatL2(n_columns), n_columns, n_lists, n_columns // 2, 4)
    codes.by_residual = True
    codes.cp.seed, codes.cp.niter = seed + 1, 8
    for settings in (codes.cp, codes.pq.cp):
        settings.min_points_per_centroid = 1  # otherwise few rows make it warn
    rng = np.random.default_rng(seed)
    codes.train(x[np.sort(rng.permutation(n_rows)[: 40 * n_lists])])
    for rows in _slices(n_rows, 100_000):
        codes.add(x[rows])
    index = faiss.IndexRefineFlat(codes, faiss.swig_ptr(x))
    asked = x if queries is None else _of_even_width(queries)
    n_searched = n_neighbors + (queries is None)  # a row finds itself too
    sample = asked[np.sort(rng.permutation(len(asked))[:_SAMPLE])]
    truth = faiss.knn(sample, x, n_searched)[1]

    def recall(n_visited: int, k_factor: float) -> float:
        codes.nprobe, index.k_factor = n_visited, k_factor
        return _recall(index.search(sample, n_searched)[1], truth)

    n_visited, k_factor = min(4, n_lists), 4.0
    found = recall(n_visited, k_factor)
    while found < _RECALL and n_visited < n_lists:
        wider = ((min(n_visited * 3 // 2, n_lists), k_factor), (n_visited, k_factor * 1.5))
        found, (n_visited, k_factor) = max((recall(*width), width) for width in wider)
    codes.nprobe, index.k_factor = n_visited, k_factor
    nearest = _search(index, x, asked, n_searched)
    return without_itself(*nearest) if queries is None else nearest


def _of_even_width(x: np.ndarray) -> np.ndarray:
    """Rows as faiss takes them, with a column of zeros where their number is odd."""
    return np.ascontiguousarray(np.pad(x, ((0, 0), (0, x.shape[1] % 2))), dtype=np.float32)


def without_itself(index: np.ndarray, distance: np.ndarray, rows: np.ndarray | None = None) -> Neighbors:
    """Drop each row from its own neighbours, or the farthest where it is not among them."""
    itself = index == (np.arange(len(index)) if rows is None else rows)[:, None]
    itself[~itself.any(axis=1), -1] = True
    shape = (len(index), index.shape[1] - 1)
    return index[~itself].reshape(shape), distance[~itself].reshape(shape)


def _search(index: Any, x: np.ndarray, asked: np.ndarray, n_searched: int) -> Neighbors:
    import faiss

    indices = np.empty((len(asked), n_searched), np.int64)
    squared = np.empty((len(asked), n_searched), np.float32)
    for rows in track(_slices(len(asked), _QUERIES), "neighbours", total=-(-len(asked) // _QUERIES)):
        squared[rows], indices[rows] = index.search(asked[rows], n_searched)
    short = np.flatnonzero((indices < 0).any(axis=1))  # the lists they visited held too few rows
    if len(short):
        squared[short], indices[short] = faiss.knn(asked[short], x, n_searched)
    return indices, np.sqrt(np.maximum(squared, 0))


def _recall(index: np.ndarray, truth: np.ndarray) -> float:
    hits = [len(np.intersect1d(a, b)) for a, b in zip(index, truth, strict=True)]
    return float(np.mean(hits) / truth.shape[1])


def _slices(n_rows: int, step: int) -> Iterator[slice]:
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))
