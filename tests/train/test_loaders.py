"""What an epoch may go through: our partitions, a plain list, any loader that yields HeteroData."""

import importlib.util

import numpy as np
import pytest
import torch
from torch_geometric.loader import DataLoader, NeighborLoader
from torch_geometric.nn import SAGEConv

import scrcl_geo as sg
from scrcl_geo import _keys
from scrcl_geo.graph import CellBatches
from scrcl_geo.graph._batches import partition, subgraph
from scrcl_geo.model._network import objective_of

QUICK = {"max_epochs": 4, "n_networks": 1}


class Slices(torch.utils.data.Dataset):
    """A graph cut into runs of cells, as a data set of torch."""

    def __init__(self, data, n_parts):
        self.data = data
        self.cells = torch.arange(data[_keys.CELL].num_nodes).chunk(n_parts)

    def __len__(self):
        return len(self.cells)

    def __getitem__(self, i):
        return subgraph(self.data, self.cells[i])


class Counted:
    """A loader of one's own: it has a length, and says how often it was gone through."""

    def __init__(self, batches):
        self.batches, self.passes = batches, 0

    def __len__(self):
        return len(self.batches)

    def __iter__(self):
        self.passes += 1
        return iter(self.batches)


def check(model, adata):
    totals = [sum(losses.values()) for losses in model.log_.losses]
    assert totals
    assert np.isfinite(totals).all()
    embedding = model.embed(adata)
    assert len(embedding) == adata.n_obs
    assert np.isfinite(embedding).all()
    return embedding


@pytest.mark.parametrize("encoder", [None, SAGEConv(-1, 16)], ids=["default", "SAGEConv"])
def test_a_plain_list_of_graphs(toy_graph, encoder):
    model = sg.ScRCL(encoder=encoder, **QUICK)
    data = model.graph(toy_graph)
    halves = [subgraph(data, cells) for cells in torch.arange(toy_graph.n_obs).chunk(2)]
    first = check(model.fit(toy_graph, batches=halves, progress=False), toy_graph)
    whole = check(sg.ScRCL(encoder=encoder, **QUICK).fit(toy_graph, progress=False), toy_graph)
    assert not np.array_equal(first, whole)


def test_a_list_of_the_whole_graph_is_the_default(toy_graph):
    settings = {**QUICK, "mask_rate": 0.0, "objective": objective_of("paper")}
    model = sg.ScRCL(**settings)
    data = model.graph(toy_graph)
    listed = check(model.fit(toy_graph, batches=[data], progress=False), toy_graph)
    plain = check(sg.ScRCL(**settings).fit(toy_graph, progress=False), toy_graph)
    np.testing.assert_array_equal(listed, plain)


def test_every_batch_of_a_loader_is_seen_in_every_epoch(toy_graph):
    model = sg.ScRCL(**QUICK)
    seen = []

    class Seen(torch.nn.Module):
        def forward(self, views, data):
            seen.append(int(data[_keys.CELL].num_nodes))
            return views.z1.square().mean()

    data = model.graph(toy_graph)
    loader = Counted([subgraph(data, cells) for cells in torch.arange(toy_graph.n_obs).split([50, 250])])
    objective = sg.losses.Objective(sg.losses.Term(Seen(), on="graph"))
    model = sg.ScRCL(objective=objective, **QUICK).fit(toy_graph, batches=loader, progress=False)
    n_epochs = len(model.log_.losses)
    assert seen.count(50) >= n_epochs
    assert loader.passes >= n_epochs


def test_torchs_own_loader_over_graphs_of_ones_own(toy_graph):
    model = sg.ScRCL(**QUICK)
    slices = Slices(model.graph(toy_graph), 3)
    loader = torch.utils.data.DataLoader(slices, batch_size=None, shuffle=True)
    embedding = check(model.fit(toy_graph, batches=loader, progress=False), toy_graph)
    again = sg.ScRCL(**QUICK).fit(toy_graph, batches=loader, progress=False)
    np.testing.assert_array_equal(again.embed(toy_graph), embedding)  # its order is part of the seed


def test_pygs_loader_of_several_graphs(toy_graph):
    model = sg.ScRCL(encoder=SAGEConv(-1, 16), **QUICK)
    slices = Slices(model.graph(toy_graph), 4)
    loader = DataLoader([slices[i] for i in range(4)], batch_size=1, shuffle=True)
    check(model.fit(toy_graph, batches=loader, progress=False), toy_graph)


def test_our_partitions_passed_by_hand(toy_graph):
    model = sg.ScRCL(**QUICK)
    data = model.graph(toy_graph)
    batches = CellBatches(data, partition(data, 100), 100)
    check(model.fit(toy_graph, batches=batches, progress=False), toy_graph)


@pytest.mark.skipif(
    importlib.util.find_spec("pyg_lib") is None and importlib.util.find_spec("torch_sparse") is None,
    reason="NeighborLoader samples with pyg-lib or torch-sparse, and neither is installed",
)
def test_neighbour_sampling(toy_graph):
    model = sg.ScRCL(encoder=SAGEConv(-1, 16), **QUICK)
    data = model.graph(toy_graph)
    loader = NeighborLoader(data, [8, 4], input_nodes=_keys.CELL, batch_size=64, shuffle=True)
    check(model.fit(toy_graph, batches=loader, progress=False), toy_graph)
