"""What a model reads: the heterogeneous graph of an AnnData, made ready for its encoders."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch_geometric import EdgeIndex
from torch_geometric.data import HeteroData

from scrcl_geo import _keys, _validate
from scrcl_geo._features.expression import used_genes
from scrcl_geo._features.inputs import InputMap
from scrcl_geo._messages import plain, sorted_by_target
from scrcl_geo._schema.result import MOST_HOPS
from scrcl_geo.graph import EdgeSpec, linked
from scrcl_geo.graph._convert import build
from scrcl_geo.nn import smooth

if TYPE_CHECKING:
    from anndata import AnnData


@dataclass(frozen=True)
class HowHeld:
    """What a graph holds: expression with 64 bits for each node, as layers of PyG need it, or 32; both
    directions of it or the way back alone, of which our network makes the other; the joined cell graph,
    which losses on edges and encoders of one relation read, or not."""

    index: torch.dtype = torch.long
    both: bool = True
    joined: bool = True


PLAIN = HowHeld()


@dataclass(frozen=True)
class Reading:
    """How graphs reach the network, found in training and used for new cells alike.

    ``scale`` gives dense features a mean variance of 1, so that one learning rate fits any; ``n_hops`` are
    the smoothing steps before each view, whatever its encoder; ``joined`` names the relations of the cell
    graph.
    """

    scale: float
    n_hops: tuple[int, int]
    joined: tuple[str, ...] | None

    def __post_init__(self) -> None:
        for n in self.n_hops:
            _validate.within("n_hops", n, 0, MOST_HOPS)

    @classmethod
    def of(
        cls, data: HeteroData, n_hops: tuple[int, int], joined: Sequence[str] | None, *, scaled: bool = True
    ) -> Reading:
        """What suits a graph for training; expression itself is not ``scaled``."""
        scale = _unit_scale(data[_keys.CELL].x) if scaled else 1.0
        return cls(scale, n_hops, None if joined is None else tuple(joined))

    def ready(self, data: HeteroData, held: HowHeld = PLAIN) -> HeteroData:
        """The graph with the joined cell graph, where it is held, and with features scaled and smoothed for
        each view.

        Smoothing has no weights: done once on the whole graph, it costs nothing per epoch and is exact in
        mini-batches.
        """
        data = linked(data, self.joined) if held.joined else copy.copy(data)
        cells = data[_keys.CELL]
        x = cells.x
        if x.layout != torch.sparse_csr:
            data[_keys.CELL].x = x = x * self.scale if self.scale != 1 else x
        elif any(self.n_hops):
            x = x.to_dense()  # smoothing fills it
        for name, n_hops in zip(("x1", "x2"), self.n_hops, strict=True):
            if n_hops:
                links = data[_keys.LINKED]
                cells[name] = smooth(x, links.edge_index, links.get("edge_weight"), n_hops=n_hops)
        return data


def read_graph(
    source: AnnData | HeteroData,
    *,
    edges: Sequence[EdgeSpec],
    use_rep: str,
    inputs: InputMap | None = None,
    genes: list[str] | None = None,
    held: HowHeld = PLAIN,
) -> HeteroData:
    """The graph of an AnnData, or a graph as it is, checked.

    Parameters
    ----------
    inputs
        Components of training, which new cells go through.
    genes
        Genes of training.
    held
        What of an AnnData the graph holds, and how.

    Raises
    ------
    ScrclInputError
        The genes in use are not those of training, or the graph lacks something.
    """
    if isinstance(source, HeteroData):
        return _checked(source, None if genes is None else len(genes))
    if genes is not None and (used := used_genes(source)) != genes:
        raise _validate.fail(
            "genes in use differ from the model's",
            f"{len(set(used) & set(genes))} of {len(genes)} in common",
            "run sg.pp.graph on data with the same genes",
        )
    data = build(source, edges=edges, use_rep=use_rep, index=held.index, both=held.both)
    if inputs is not None and inputs != InputMap.of(source):
        data[_keys.CELL].x = torch.from_numpy(inputs.apply(source))
    return data


def names_and_inputs(source: AnnData | HeteroData, use_rep: str) -> tuple[list[str], InputMap | None]:
    """Names of the genes in use, and the map that new cells go through; a graph has neither."""
    if isinstance(source, HeteroData):
        return [str(i) for i in range(int(source[_keys.GENE].num_nodes))], None
    return used_genes(source), InputMap.of(source) if use_rep == _keys.PCA else None


def _checked(data: HeteroData, n_genes: int | None) -> HeteroData:
    """A graph of the user's with edges sorted by target; the user's own is not changed."""
    remedy = "build it as sg.graph.to_hetero does"
    if _keys.CELL not in data.node_types or "x" not in data[_keys.CELL]:
        raise _validate.fail("the graph has no features of cells", _validate.shown(data.node_types), remedy)
    for node in {node for t in data.edge_types for node in (t[0], t[2])} - set(data.node_types):
        raise _validate.fail(
            f"edges with the unknown node type {node!r}", _validate.shown(data.node_types), remedy
        )
    has_genes = _keys.GENE in data.node_types  # asking for them would create them
    if n_genes is not None and has_genes and int(data[_keys.GENE].num_nodes) != n_genes:
        raise _validate.fail(
            "the graph has other genes than the model", f"{data[_keys.GENE].num_nodes} for {n_genes}", remedy
        )
    data = copy.copy(data)
    data[_keys.CELL].num_nodes = len(data[_keys.CELL].x)
    for edge_type in data.edge_types:
        store = data[edge_type]
        n_edges, device = store.edge_index.shape[1], store.edge_index.device
        if edge_type in (_keys.EXPRESSES, _keys.EXPRESSED_BY) and "edge_weight" not in store:
            store.edge_weight = torch.ones(n_edges, device=device)
        weight: Tensor | None = store.get("edge_weight")
        if weight is not None and not bool(weight.isfinite().all()):
            raise _validate.fail(
                f"weights of {edge_type} are not finite", "NaN or infinite values", "remove them"
            )
        sizes = (int(data[edge_type[0]].num_nodes), int(data[edge_type[2]].num_nodes))
        as_they_come = torch.arange(n_edges, device=device)
        edges, order = sorted_by_target(store.edge_index, as_they_come, sizes)
        if order is not None and order is not as_they_come:
            for name, value in list(store.items()):
                if isinstance(value, Tensor) and name != "edge_index" and len(value) == n_edges:
                    store[name] = value[order]
        if weight is not None and edges.is_undirected and not _symmetric(edges, store.edge_weight):
            edges = EdgeIndex(plain(edges), sparse_size=sizes, sort_order="col")
        store.edge_index = edges
    for there, back in (
        (_keys.EXPRESSES, _keys.EXPRESSED_BY),
        (_keys.EXPRESSED_BY, _keys.EXPRESSES),
    ):
        if there in data.edge_types and back not in data.edge_types:
            store, sizes = data[there], (int(data[there[2]].num_nodes), int(data[there[0]].num_nodes))
            flipped = store.edge_index.as_tensor().flip(0)
            edges, data[back].edge_weight = sorted_by_target(flipped, store.edge_weight, sizes)
            data[back].edge_index = edges
    return data


def _symmetric(edges: EdgeIndex, weight: Tensor) -> bool:
    """Whether both directions of each edge are equally heavy."""
    source, target = plain(edges)
    n = len(edges.get_csc()[0][0])
    return torch.equal(weight[(target * n + source).argsort()], weight[(source * n + target).argsort()])


def _unit_scale(x: Tensor) -> float:
    if x.layout == torch.sparse_csr:
        return 1.0
    return float(1 / x.double().var(dim=0, correction=0).mean().clamp_min(1e-12).sqrt())
