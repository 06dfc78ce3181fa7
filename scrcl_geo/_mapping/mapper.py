"""A trained model at work on the new cells of one sample, all at once or block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

from scrcl_geo import _keys
from scrcl_geo._mapping.novelty import Novelty, Training
from scrcl_geo._mapping.shift import shift
from scrcl_geo._neighbors.balanced import balanced_distances, joint_graph
from scrcl_geo._neighbors.knn import connectivities, knn_distances
from scrcl_geo._neighbors.smoothing import smooth

if TYPE_CHECKING:
    from scrcl_geo._features.expression import Expression
    from scrcl_geo._features.inputs import InputMap
    from scrcl_geo._mapping.reference import Reference

_WIDER = 2  # half of the reach instead of the quarter that the network's views take
AT_ONCE, _RUN = 50_000, 500  # cells of a block; neighbours in the file that stay together

Relations = dict[tuple[str, str, str], sparse.csr_matrix]
Embed = Callable[[np.ndarray, Relations, sparse.csr_matrix], np.ndarray]


class Block(NamedTuple):
    """What is found out about some cells: embedding (n, D), and both measures of novelty, (2, n)."""

    embedding: np.ndarray
    measures: np.ndarray


class Mapper:
    """Maps the cells of one sample that has the genes ``present``, (n_used,) bool.

    ``embed`` is the network: what both refined views say, (n, D), of cells with features (n, F), relations by
    name and log expression (n, n_used). The shift of the sample from the training cells is that of
    ``typical`` cells and is taken off all. Cells without a place in a tissue can come in blocks that each
    hold a fair share of the sample's kinds; they find half of their neighbours among the training cells and
    half in their block.
    """

    def __init__(
        self,
        reference: Reference,
        inputs: InputMap,
        embed: Embed,
        present: np.ndarray,
        typical: Expression,
        *,
        n_cells: int,
        seed: int,
    ) -> None:
        self._reference, self._inputs, self._embed = reference, inputs, embed
        self._present, self._seed = present, seed
        self._known = reference.features.astype(np.float32)
        self._shift = shift(self._inputs.of_expression(typical), self._known, seed=seed)
        n_at_once = -(-n_cells // -(-n_cells // AT_ONCE))
        self._training = Training(reference.expression[:, present], n_at_once, seed=seed)

    def block(self, expression: Expression) -> Block:
        """Cells without a place in a tissue."""
        features = self._inputs.of_expression(expression) - self._shift
        both = np.concatenate([self._known, features])
        log = expression.log()
        # training cells lend their features; what they express has shaped these already
        nothing = sparse.csr_matrix((len(self._known), log.shape[1]), dtype=np.float32)
        relations = {
            _keys.SIMILAR: joint_graph(self._known, self._among_known, features, self._n_neighbors),
            _keys.COEXPRESSED: self._reference.coexpression,
        }
        expressed = sparse.vstack([nothing, log], format="csr")
        # the network draws cells of no kind it knows to kinds it knows; what they express tells
        measures = self._training.measures(log[:, self._present])
        return Block(self._embedded(both, relations, expressed)[len(self._known) :], measures)

    def novelty(self, measures: np.ndarray) -> Novelty:
        """Of the sample with the measures of all its cells, (2, N)."""
        return self._training.novelty(measures)

    def tissue(self, expression: Expression, near: sparse.csr_matrix) -> tuple[np.ndarray, Novelty]:
        """Embedding (N, D) and novelty of all cells of the sample, with their neighbours in space (N, N)."""
        features = self._inputs.of_expression(expression) - self._shift
        log, reference = expression.log(), self._reference
        similar = connectivities(knn_distances(features, self._n_neighbors, metric="cosine", seed=self._seed))
        relations = {_keys.SIMILAR: similar, _keys.NEAR: near, _keys.COEXPRESSED: reference.coexpression}
        embedding = smooth(self._embedded(features, relations, log), near, reference.n_hops)
        measures = self._training.measures(log[:, self._present])
        n_hops = _WIDER * reference.n_hops if reference.from_network else reference.n_hops
        return embedding, self._training.novelty(measures, near, max(1, n_hops))

    @property
    def _n_neighbors(self) -> int:
        return self._reference.neighbors[_keys.NEIGHBORS]

    @cached_property
    def _among_known(self) -> sparse.csr_matrix:
        """Neighbours that the training cells have among themselves, the same for every block."""
        return balanced_distances(self._known, np.zeros(len(self._known), int), self._n_neighbors)

    def _embedded(self, features: np.ndarray, relations: Relations, log: sparse.csr_matrix) -> np.ndarray:
        """What the network says, or the input where :func:`scrcl_geo.tl.embed` handed that out."""
        return self._embed(features, relations, log) if self._reference.from_network else features


def fair_blocks(n_cells: int) -> Iterator[np.ndarray]:
    """Positions of cells, a block at a time: runs from all over the file, which may be sorted by kind."""
    step = -(-n_cells // AT_ONCE) * _RUN
    for first in range(0, step, _RUN):
        starts = range(first, n_cells, step)
        yield np.concatenate([np.arange(start, min(start + _RUN, n_cells)) for start in starts])
