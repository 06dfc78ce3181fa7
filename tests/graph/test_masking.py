"""Cells that are hidden, and what is asked of them."""

import pytest
import torch

from scrcl_geo import _keys
from scrcl_geo.graph import MaskCells, to_hetero


@pytest.fixture
def data(toy_graph):
    torch.manual_seed(0)
    return to_hetero(toy_graph)


def test_hidden_cells_are_the_targets_but_for_those_held_out(data):
    cells = data[_keys.CELL]
    cells.held_out = torch.arange(cells.num_nodes) % 5 == 0
    masked, checked = MaskCells(0.6)(data)[_keys.CELL], MaskCells(0.6).validation(data)[_keys.CELL]
    assert float(masked.hidden.float().mean()) == pytest.approx(0.6, abs=0.05)
    assert torch.equal(masked.target, masked.hidden & ~cells.held_out)
    assert torch.equal(checked.target, checked.hidden & cells.held_out)
    assert "hidden" not in cells


def test_without_space_hidden_cells_are_asked_for_the_same_share_of_the_genes(data):
    assert "asked" not in MaskCells(0.6)(data)[_keys.GENE]
    del data[_keys.NEAR]
    draws = [
        draw(data)[_keys.GENE].asked for draw in (MaskCells(0.6), MaskCells(0.6), MaskCells().validation)
    ]
    n_genes = int(data[_keys.GENE].num_nodes)
    for asked in draws:
        assert len(asked.unique()) == len(asked) == -(-6 * n_genes // 10)
        assert 0 <= int(asked.min()) <= int(asked.max()) < n_genes
    assert not torch.equal(*draws[:2])
    assert "asked" not in data[_keys.GENE]


def test_at_least_one_gene_is_asked_for(data):
    del data[_keys.NEAR]
    assert len(MaskCells(1e-3)(data)[_keys.GENE].asked) == 1


def test_a_graph_without_genes_is_masked_too(data):
    del data[_keys.GENE]
    assert MaskCells(0.5)(data)[_keys.CELL].hidden.any()
