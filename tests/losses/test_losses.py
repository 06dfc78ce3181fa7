"""Every loss equals its dense definition, in value and gradient, and behaves at the edges."""

import pytest
import torch
from graphs import dense as as_matrix
from graphs import no_edges, random_graph, undirected
from losses import dense
from torch.nn.functional import normalize
from torch_geometric import EdgeIndex

from scrcl_geo._messages import plain
from scrcl_geo.losses import DistributionAlignment, NeighborhoodAlignment, ViewConsistency, _columns

PAIRS = [
    (DistributionAlignment(), dense.distribution_alignment, {}),
    (DistributionAlignment(0.1), dense.distribution_alignment, {"temperature": 0.1}),
    (NeighborhoodAlignment(), dense.neighborhood_alignment, {}),
    (NeighborhoodAlignment(0.1), dense.neighborhood_alignment, {"temperature": 0.1}),
    (ViewConsistency(), dense.view_consistency, {}),
    (ViewConsistency(per_cell=True), lambda *a: len(a[0]) * dense.view_consistency(*a), {}),
]
NAMES = [
    "distribution",
    "distribution-0.1",
    "neighborhood",
    "neighborhood-0.1",
    "consistency",
    "consistency-per-cell",
]


def views(n, d, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    z1 = torch.randn(n, d, generator=generator, dtype=torch.float64)
    z2 = z1 + 0.5 * torch.randn(n, d, generator=generator, dtype=torch.float64)
    return [torch.nn.functional.normalize(z, dim=1).to(dtype).requires_grad_() for z in (z1, z2)]


def value_and_gradients(function, z1, z2, edges, **options):
    value = function(z1, z2, edges, **options)
    return value, *torch.autograd.grad(value, (z1, z2))


@pytest.mark.parametrize("columns", [8, 3, 1], ids=lambda n: f"{n} columns at a time")
@pytest.mark.parametrize(("loss", "reference", "options"), PAIRS, ids=NAMES)
def test_equals_dense_definition_in_float64(loss, reference, options, columns, monkeypatch):
    if columns < 8:
        monkeypatch.setattr(_columns, "_WHOLE", 0)
        monkeypatch.setattr(_columns, "_BLOCK", 0)
        monkeypatch.setattr(_columns, "_NARROWEST", columns)
    z1, z2 = views(60, 8)
    edges = random_graph(60)
    found = value_and_gradients(loss, z1, z2, edges)
    expected = value_and_gradients(reference, z1, z2, as_matrix(edges), **options)
    torch.testing.assert_close(found[0], expected[0], rtol=1e-10, atol=1e-10)
    for got, want in zip(found[1:], expected[1:], strict=True):
        assert want.abs().max() > 0
        torch.testing.assert_close(got, want, rtol=0, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(("loss", "reference", "options"), PAIRS, ids=NAMES)
def test_float32_holds_at_5000_cells(loss, reference, options):
    edges = random_graph(5000)
    found = value_and_gradients(loss, *views(5000, 8, torch.float32), edges)
    exact = value_and_gradients(loss, *views(5000, 8), edges)
    dense_value = reference(*(z.detach() for z in views(5000, 8)), as_matrix(edges), **options)
    torch.testing.assert_close(found[0].double(), dense_value, rtol=1e-3, atol=0)
    for got, want in zip(found[1:], exact[1:], strict=True):
        assert (got - want).norm() / want.norm() < 1e-3


@pytest.mark.slow
def test_sums_over_a_million_cells_hold_in_float32():
    n = 1_000_000
    edges = random_graph(n, degree=2)
    nearly_equal = [z * 1e-2 for z in views(n, 4, torch.float32)]  # softmax close to uniform
    single = NeighborhoodAlignment()(*nearly_equal, edges)
    double = NeighborhoodAlignment()(*(z.double() for z in nearly_equal), edges)
    torch.testing.assert_close(single.double(), double, rtol=1e-3, atol=0)


@pytest.mark.parametrize("loss", [pair[0] for pair in PAIRS], ids=NAMES)
def test_permuting_cells_changes_nothing(loss):
    z1, z2 = views(40, 5)
    edges = random_graph(40)
    order = torch.randperm(40, generator=torch.Generator().manual_seed(1))
    permuted = undirected(as_matrix(edges)[order][:, order].nonzero().T, 40)
    torch.testing.assert_close(loss(z1, z2, edges), loss(z1[order], z2[order], permuted))


@pytest.mark.parametrize("loss", [pair[0] for pair in PAIRS], ids=NAMES)
@pytest.mark.parametrize("case", ["no edges", "duplicate cells", "zero cells", "one cell"])
def test_edge_cases_stay_finite(loss, case):
    z1, z2 = (z.detach() for z in views(12, 4))
    edges = random_graph(12)
    if case == "no edges":
        edges = no_edges(12)
    elif case == "duplicate cells":
        z1, z2 = z1[:1].expand(12, 4).clone(), z1[:1].expand(12, 4).clone()
    elif case == "zero cells":
        z1, z2 = torch.zeros(12, 4).double(), torch.zeros(12, 4).double()
    else:
        z1, z2 = z1[:1], z2[:1]
        edges = no_edges(1)
    found = value_and_gradients(loss, z1.requires_grad_(), z2.requires_grad_(), edges)
    assert all(part.isfinite().all() for part in found)
    assert found[0] >= -1e-12


def test_identical_views_are_aligned():
    z1, _ = views(20, 4)
    assert DistributionAlignment()(z1, z1).item() == 0


@pytest.mark.parametrize("loss", [DistributionAlignment, NeighborhoodAlignment])
@pytest.mark.parametrize("temperature", [0, -1, float("inf"), float("nan")])
def test_temperature_is_checked(loss, temperature):
    with pytest.raises(ValueError, match="temperature is not positive: found"):
        loss(temperature)


def test_the_push_counts_at_most_max_cells():
    z1, z2 = (z.detach() for z in views(40, 5))
    edges = random_graph(40)
    apart = no_edges(40)
    everyone = (normalize(z1, dim=1) @ normalize(z2, dim=1).T).square().sum() / 40
    for graph in (edges, apart):
        whole, half = (ViewConsistency(per_cell=True, max_cells=n)(z1, z2, graph) for n in (40, 20))
        torch.testing.assert_close(whole - half, everyone / 2)


def test_the_paper_sets_the_defaults():
    z1, z2 = (z.detach() for z in views(30, 5))
    edges = random_graph(30)
    for loss, reference in (
        (DistributionAlignment(), dense.distribution_alignment),
        (NeighborhoodAlignment(), dense.neighborhood_alignment),
        (ViewConsistency(), dense.view_consistency),
    ):
        torch.testing.assert_close(loss(z1, z2, edges), reference(z1, z2, as_matrix(edges)))


@pytest.mark.parametrize("loss", [pair[0] for pair in PAIRS], ids=NAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_loss_has_the_precision_of_its_views(loss, dtype):
    assert loss(*views(30, 5, dtype), random_graph(30)).dtype == dtype


def test_rows_of_unlike_size_keep_their_normalizers():
    z = torch.tensor([[0.0, 0.0], [2000.0, 2000.0]])
    torch.testing.assert_close(
        _columns.log_normalizer(z, 1.0), torch.tensor([[0.0], [2000.0]]) + torch.log(torch.tensor(2.0))
    )


@pytest.mark.parametrize("loss", [pair[0] for pair in PAIRS], ids=NAMES)
def test_the_order_of_edges_changes_nothing(loss):
    z1, z2 = views(40, 5)
    edges = random_graph(40)
    order = torch.randperm(edges.shape[1], generator=torch.Generator().manual_seed(1))
    shuffled = EdgeIndex(plain(edges)[:, order], sparse_size=(40, 40)).sort_by("col").values
    assert not shuffled.is_undirected  # the reverse edges are found by sorting
    for got, want in zip(
        value_and_gradients(loss, z1, z2, shuffled), value_and_gradients(loss, z1, z2, edges), strict=True
    ):
        torch.testing.assert_close(got, want)
