"""Same bits from the same seed in one thread and in two; close numbers across threads and precisions."""

import numpy as np
import pytest
import torch

import scrcl_geo as sg
from scrcl_geo.model._reading import for_encoders, whole

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


def test_single_and_double_precision_agree(adata):
    model = sg.ScRCL(max_epochs=EPOCHS).fit(adata, progress=False)
    relations = for_encoders(model._relations(adata), model.scale_, model._smoothing())
    cells = whole(relations)
    with torch.no_grad():
        single = model.module_.eval()(cells).side_by_side("u")
        model.module_.double()
        adj = cells.adj.double()
        views = [
            torch.nn.functional.normalize(encoder(x.double(), adj), dim=1)
            for encoder, x in ((model.module_.encoder1, cells.x1), (model.module_.encoder2, cells.x2))
        ]
    assert (single - torch.cat(views, dim=1)).abs().max() < 1e-5
