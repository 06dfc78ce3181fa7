"""Nearest neighbours behind one signature: exact, by inverted lists, and on a device.

Other libraries were measured beside them and are slower at every size (benchmarks/neighbors.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from scrcl_geo._progress import track

Found = tuple[np.ndarray, np.ndarray]

_RECALL = 0.96  # asked of a sample, so that the whole keeps 0.95
_SAMPLE = 500
_QUERIES = 20_000  # per call: progress is shown and an interrupt is heard between calls


def exact(x: np.ndarray, n_neighbors: int, seed: int = 0) -> Found:
    """All distances, by scikit-learn's fused kernel: O(N²) time, no N × N array."""
    from sklearn import config_context
    from sklearn.neighbors import NearestNeighbors

    searcher = NearestNeighbors(n_neighbors=n_neighbors, algorithm="brute")
    with config_context(working_memory=64):
        distance, index = searcher.fit(x).kneighbors()  # a row is not its own neighbour
    return index, distance


def inverted_file(
    x: np.ndarray, n_neighbors: int, seed: int = 0, *, queries: np.ndarray | None = None
) -> Found:
    """faiss' inverted lists, searched as widely as a sample with known neighbours asks for.

    Neighbours of ``queries`` among the rows of ``x``, or of each row among the others.

    Rows are sorted into about 4 √N lists by k-means, and a query visits the nearest lists alone; their number
    grows by half until 500 sampled rows find 96 % of their true neighbours.
    """
    import faiss

    x = np.ascontiguousarray(x, dtype=np.float32)
    n_rows, n_columns = x.shape
    n_lists = int(4 * np.sqrt(n_rows))
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(n_columns), n_columns, n_lists)
    index.cp.seed, index.cp.niter = seed + 1, 8
    rng = np.random.default_rng(seed)
    index.train(x[np.sort(rng.permutation(n_rows)[: 40 * n_lists])])
    for rows in _slices(n_rows, 100_000):
        index.add(x[rows])
    asked = x if queries is None else np.ascontiguousarray(queries, dtype=np.float32)
    n_found = n_neighbors + (queries is None)  # a row finds itself too
    sample = asked[np.sort(rng.permutation(len(asked))[:_SAMPLE])]
    truth = faiss.knn(sample, x, n_found)[1]
    index.nprobe = 8
    while _recall(index.search(sample, n_found)[1], truth) < _RECALL and index.nprobe < n_lists:
        index.nprobe = min(index.nprobe * 3 // 2, n_lists)
    found = _search(index, asked, n_found)
    return without_itself(*found) if queries is None else found


def on_device(x: np.ndarray, n_neighbors: int, seed: int = 0, *, device: str = "cuda") -> Found:
    """All distances as matrix products on a device, a block of rows at a time: O(N²) time, O(N) memory."""
    import torch

    data = torch.from_numpy(np.ascontiguousarray(x, dtype=np.float32)).to(device)
    norms = data.square().sum(dim=1)  # (N,)
    step = max(1, min(len(x), int(2e8) // len(x)))
    indices, distances = [], []
    for rows in track(_slices(len(x), step), "neighbours", total=-(-len(x) // step)):
        squared = norms[rows, None] + norms - 2 * data[rows] @ data.T  # (n, N)
        nearest = squared.clamp_min(0).topk(n_neighbors + 1, dim=1, largest=False)
        indices.append(nearest.indices.cpu().numpy())
        distances.append(nearest.values.sqrt().cpu().numpy())
    return without_itself(np.concatenate(indices), np.concatenate(distances))


def without_itself(index: np.ndarray, distance: np.ndarray, rows: np.ndarray | None = None) -> Found:
    """Drop each row from its own neighbours, or the farthest where it is not among them."""
    itself = index == (np.arange(len(index)) if rows is None else rows)[:, None]
    itself[~itself.any(axis=1), -1] = True
    shape = (len(index), index.shape[1] - 1)
    return index[~itself].reshape(shape), distance[~itself].reshape(shape)


def _search(index: Any, x: np.ndarray, n_found: int) -> Found:
    indices = np.empty((len(x), n_found), np.int64)
    squared = np.empty((len(x), n_found), np.float32)
    for rows in track(_slices(len(x), _QUERIES), "neighbours", total=-(-len(x) // _QUERIES)):
        squared[rows], indices[rows] = index.search(x[rows], n_found)
    short = np.flatnonzero((indices < 0).any(axis=1))  # the lists they visited held too few rows
    if len(short):
        index.nprobe = index.nlist
        squared[short], indices[short] = index.search(x[short], n_found)
    return indices, np.sqrt(np.maximum(squared, 0))


def _recall(found: np.ndarray, truth: np.ndarray) -> float:
    hits = [len(np.intersect1d(a, b)) for a, b in zip(found, truth, strict=True)]
    return float(np.mean(hits) / truth.shape[1])


def _slices(n_rows: int, step: int) -> Iterator[slice]:
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))
