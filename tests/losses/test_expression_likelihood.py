"""The likelihood of hidden expression: its definition, whom it asks, and the form that a GPU takes."""

from types import SimpleNamespace

import pytest
import torch

from scrcl_geo import _keys
from scrcl_geo.graph import to_hetero
from scrcl_geo.losses import ExpressionLikelihood, _gene_likelihood, expression_likelihood
from scrcl_geo.losses._gene_likelihood import weighted_cross_entropy
from scrcl_geo.losses.expression_likelihood import expression_rows
from scrcl_geo.nn import scrcl_module


@pytest.fixture
def data(toy_graph):
    data = to_hetero(toy_graph)
    cells = data[_keys.CELL]
    generator = torch.Generator().manual_seed(0)
    cells.hidden = torch.rand(cells.num_nodes, generator=generator) < 0.6
    cells.target = cells.hidden & (torch.rand(cells.num_nodes, generator=generator) < 0.8)
    return data


@pytest.fixture
def views(data):
    generator = torch.Generator().manual_seed(1)
    n, g = (int(data[node].num_nodes) for node in (_keys.CELL, _keys.GENE))
    z1, z2, genes = (torch.randn(rows, 4, generator=generator).double() for rows in (n, n, g))
    return SimpleNamespace(z1=z1, z2=z2, genes=genes)


@pytest.fixture
def waits(monkeypatch):
    """Everything is as on a GPU, which is not asked how many there are of something."""
    for module in (expression_likelihood, scrcl_module):
        monkeypatch.setattr(module, "at_hand", lambda x: False)


def loss_of(data, views, **options):
    loss = ExpressionLikelihood(**options).double()
    loss.initialize_parameters(views, data)
    return loss


def without_space(data):
    data = data.clone()
    del data[_keys.NEAR]
    return data


def dense(data, views, loss, places, cells):
    """The definition: a sum over three views of what each says of the shares of the cells at its places."""
    matrix = expression_rows(data, torch.arange(data[_keys.CELL].num_nodes)).double() * loss.gene_weight
    shares = (matrix / matrix.sum(dim=1, keepdim=True))[cells]
    seen = ~data[_keys.CELL].hidden[places]
    first, second = views.z1[places], views.z2[places]
    both = (first + second) / 2
    asked = [(second, shares), (first, shares), (both, shares)]
    if _keys.NEAR in data.edge_types:
        together = torch.where(seen[:, None], both, second)
        asked = [(second, shares), (first[seen], shares[seen]), (together, shares)]
    said = [loss.log_scale.exp() * z @ views.genes.T + loss.bias for z, _ in asked]
    return sum(
        -(share * logits.log_softmax(dim=1)).sum(dim=1).mean()
        for logits, (_, share) in zip(said, asked, strict=True)
    )


@pytest.mark.parametrize("space", [True, False])
def test_it_is_its_definition_however_it_counts(data, views, space, monkeypatch, request):
    data = data if space else without_space(data)
    loss = loss_of(data, views)
    places, cells, told = loss._pairs(data)
    expected = dense(data, views, loss, places, cells)
    monkeypatch.setattr(loss, "_pairs", lambda _: (places, cells, told))
    torch.testing.assert_close(loss(views, data), expected)
    request.getfixturevalue("waits")
    told = torch.arange(len(places)) % 3 > 0
    monkeypatch.setattr(loss, "_pairs", lambda _: (places, cells, told))
    torch.testing.assert_close(loss(views, data), dense(data, views, loss, places[told], cells[told]))


@pytest.mark.parametrize("space", [True, False])
@pytest.mark.parametrize("counted", [True, False])
def test_it_asks_for_targets_at_their_place_or_near_it(data, views, space, counted, request):
    data = data if space else without_space(data)
    if not counted:
        request.getfixturevalue("waits")
    places, cells, told = loss_of(data, views, n_samples=5000)._pairs(data)
    assert data[_keys.CELL].target[cells].all()
    assert told.all()
    pairs = set(zip(cells.tolist(), places.tolist(), strict=True))
    every = set(torch.nonzero(data[_keys.CELL].target)[:, 0].tolist())
    allowed = {(cell, cell) for cell in every}
    if space:
        allowed |= {(a, b) for a, b in data[_keys.NEAR].edge_index.T.tolist() if a in every}
    assert pairs <= allowed
    assert len(pairs) > 0.8 * len(allowed)


def test_even_draws_follow_their_weights(data, views, waits):
    data = without_space(data)
    cells = data[_keys.CELL]
    cells.even = torch.where(torch.arange(cells.num_nodes) % 2 == 0, 3.0, 1.0)
    _, drawn, _ = loss_of(data, views, n_samples=20_000)._pairs(data)
    even = int(cells.target[::2].sum()), int(cells.target[1::2].sum())
    assert float((drawn % 2 == 0).float().mean()) == pytest.approx(
        3 * even[0] / (3 * even[0] + even[1]), abs=0.02
    )


@pytest.mark.parametrize("counted", [True, False])
def test_nothing_to_predict_is_no_loss(data, views, counted, request):
    if not counted:
        request.getfixturevalue("waits")
    loss = loss_of(data, views)
    data[_keys.CELL].target[:] = False
    assert float(loss(views, data).detach()) == 0


def test_rows_of_expression_are_the_same_without_counting(data, waits):
    cells = torch.tensor([5, 0, 5, int(data[_keys.CELL].num_nodes) - 1])
    found = expression_rows(data, cells)
    index, weight = data[_keys.EXPRESSES].edge_index, data[_keys.EXPRESSES].edge_weight
    matrix = torch.zeros(data[_keys.CELL].num_nodes, data[_keys.GENE].num_nodes)
    matrix[index[0], index[1]] = weight
    torch.testing.assert_close(found, matrix[cells])


@pytest.mark.parametrize("entries", [1, 70, 10_000])
def test_the_gradient_that_is_found_with_the_loss_is_its_gradient(entries, monkeypatch):
    monkeypatch.setattr(_gene_likelihood, "_ENTRIES", entries)
    generator = torch.Generator().manual_seed(0)

    def drawn(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    z, genes, bias = (drawn(*shape).requires_grad_() for shape in ((3, 5, 4), (9, 4), (9,)))
    shares, weight = drawn(5, 9).softmax(dim=1), drawn(3, 5).abs()
    weight[1, ::2] = 0

    def loss(z, genes, bias):
        return weighted_cross_entropy(z, genes, bias, shares, weight)

    likelihood = (shares * (z @ genes.T + bias).log_softmax(dim=-1)).sum(dim=-1)
    torch.testing.assert_close(loss(z, genes, bias), -(weight * likelihood).sum())
    assert torch.autograd.gradcheck(loss, (z, genes, bias))
