"""Same bits from the same seed in one thread and in two; close numbers across threads and precisions."""

import numpy as np
import pytest
import torch

import scrcl_geo as sg
from scrcl_geo.model._reading import read_graph

EPOCHS = 5


@pytest.fixture
def in_threads():
    """Train with a number of threads; the number is set back."""

    def trained(adata, n_threads):
        torch.set_num_threads(n_threads)
        return sg.ScRCL(max_epochs=EPOCHS).fit(adata, progress=False).embed(adata)

    yield trained
    torch.set_num_threads(1)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_the_same_bits_again(adata, in_threads, n_threads):
    assert np.array_equal(in_threads(adata, n_threads), in_threads(adata, n_threads))


def test_the_number_of_threads_changes_rounding_alone(adata, in_threads):
    one, two = in_threads(adata, 1), in_threads(adata, 2)
    assert np.abs(one - two).max() < 1e-4  # rows of length 1


def double(value):
    """A tensor in double precision; indices stay as they are."""
    return value.double() if value.is_floating_point() else value


def test_single_and_double_precision_agree(adata):
    model = sg.ScRCL(max_epochs=EPOCHS).fit(adata, progress=False)
    data = model.reading_.ready(read_graph(adata, edges=model.edges, use_rep="X_scrcl_pca"))
    with torch.no_grad():
        single = model.module_.eval()(data)
        exact = model.module_.double()(data.apply(double))
    assert exact.u1.dtype == torch.float64
    for got, want in zip(single, exact, strict=True):
        assert (got - want).abs().max() < 1e-5 * max(1, want.abs().max())
